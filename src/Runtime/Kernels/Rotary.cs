using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Rotary position embedding by halves, as LLaMA checkpoints store it: columns i and i + width/2 of a head are a pair,
/// o_i = x_i·cos - x_(i+width/2)·sin, o_(i+width/2) = x_(i+width/2)·cos + x_i·sin. The backward is the inverse rotation.
/// </summary>
public static unsafe class Rotary
{
    /// <summary>Rotates <paramref name="heads"/> consecutive heads of every row in place; row b·time + t is at position starts[b] + t.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="time">Positions of each.</param>
    /// <param name="starts">Position of each sequence's first row [batch]; null for 0.</param>
    /// <param name="data">Column 0 of the first head [batch·time, heads·headWidth].</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="firstColumn">First column of a head that rotates.</param>
    /// <param name="rotaryWidth">Columns of a head that rotate, from there on; even.</param>
    /// <param name="table">A <see cref="RotaryTable"/> of that width.</param>
    /// <param name="inverse">Rotate back: the gradient.</param>
    public static void Apply(
        WorkerPool pool, int batch, int time, I32 starts, F32 data, nint stride, int heads, int headWidth, int firstColumn, int rotaryWidth, F32 table, bool inverse)
        => RowKernels.Run(
            pool, (nint)batch * time, new RotaryRows(time, starts, data.At(firstColumn), stride, heads, headWidth, rotaryWidth, table, inverse));

    /// <summary>Rotates heads [firstHead, firstHead + heads) of rows [row, row + rows) in place, on the calling thread: for a finished tile of a product.</summary>
    /// <param name="row">First row; row r is position r % time of sequence r / time.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstHead">First head.</param>
    /// <param name="heads">Number of heads; none where it is not positive.</param>
    /// <param name="time">Positions of each sequence.</param>
    /// <param name="starts">Position of each sequence's first row; null for 0.</param>
    /// <param name="data">The first column that rotates of head 0 of row 0.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="rotaryWidth">Columns of a head that rotate.</param>
    /// <param name="table">A <see cref="RotaryTable"/> of that width.</param>
    /// <param name="inverse">Rotate back.</param>
    public static void Rows<S>(
        nint row, int rows, int firstHead, int heads, int time, I32 starts, F32 data, nint stride, int headWidth, int rotaryWidth, F32 table, bool inverse)
        where S : unmanaged, ISimd<S>
    {
        nint sequence = row / time;
        nint step = row - sequence * time;
        float* head = data.Pointer + row * stride + (nint)firstHead * headWidth;
        S sign = S.Broadcast(inverse ? -1f : 1f);
        for (int r = 0; r < rows; r++)
        {
            nint position = (starts.IsNull ? 0 : starts[sequence]) + step;
            Row(head, heads, headWidth, rotaryWidth, table.Pointer + position * rotaryWidth, sign);
            head += stride;
            if (++step == time)
            {
                step = 0;
                sequence++;
            }
        }
    }

    // Pairs outside and heads inside: each cosine and sine is loaded once a row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<S>(float* head, int heads, int headWidth, int rotaryWidth, float* angles, S sign) where S : unmanaged, ISimd<S>
    {
        int half = rotaryWidth / 2;
        int pair = 0;
        for (; pair <= half - S.Width; pair += S.Width)
            Pairs<S, AllLanes>(new(head + pair), heads, headWidth, half, new(angles + pair), sign, default);
        if (pair < half)
            Pairs(new(head + pair), heads, headWidth, half, new(angles + pair), sign, new FirstLanes(half - pair));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pairs<S, L>(F32 head, int heads, nint headWidth, nint half, F32 angles, S sign, L lanes)
        where S : unmanaged, ISimd<S>
        where L : struct, ILanes
    {
        S cos = angles.Load<S, L>(0, lanes);
        S sin = angles.Load<S, L>(half, lanes) * sign;
        S minusSin = -sin;
        for (int h = 0; h < heads; h++)
        {
            S first = head.Load<S, L>(0, lanes);
            S second = head.Load<S, L>(half, lanes);
            head.Store(0, S.MultiplyAdd(second, minusSin, first * cos), lanes);
            head.Store(half, S.MultiplyAdd(first, sin, second * cos), lanes);
            head = head.At(headWidth);
        }
    }

    internal readonly struct RotaryRows(
        int time, I32 starts, F32 data, nint stride, int heads, int headWidth, int rotaryWidth, F32 table, bool inverse) : IRowKernel
    {
        public int Accumulators => 0;

        public void Row<S>(nint row, F32 accumulators) where S : unmanaged, ISimd<S>
            => Rows<S>(row, 1, 0, heads, time, starts, data, stride, headWidth, rotaryWidth, table, inverse);

        public void Finish<S>(F32 accumulators) where S : unmanaged, ISimd<S> { }
    }
}
