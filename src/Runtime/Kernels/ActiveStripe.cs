using System.Numerics;
using System.Runtime.CompilerServices;
using ModelDsl.Memory;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// A range of neurons of <see cref="ActiveFfn"/>, a few hundred at a time: for each row the selected ones are listed, their products computed, and their rows of the second matrix
/// added up. What several rows of the batch select is read from memory for the first of them and from the second-level cache for the others.
/// </summary>
internal unsafe struct ActiveStripe<S, TW, TNeuron> : IParallelBody
    where S : unmanaged, ISimd<S> where TW : struct, IOperand where TNeuron : struct, INeuron
{
    /// <summary>Neurons of a block times rows: those that several rows select stay in the second-level cache.</summary>
    private const int BlockRows = 1024;

    /// <summary>Neurons whose rows are added to the sums at a time.</summary>
    private const int Group = 4;

    public WorkerPool Pool;
    public int Rows, Neurons, Length, Inputs, Outputs, Stride;
    public Stored Values, Input;
    public F32 Thresholds;
    public TW Up, Down;
    public float* Sums;
    public TNeuron Neuron;

    /// <summary>Scratch of a worker: list, values and products of a block.</summary>
    public readonly int ScratchFloats => 3 * ListFloats;

    private readonly int Block => Math.Max(BlockRows / Rows / 64 * 64, 64);

    // What is chosen is filled up to whole groups and read in whole vectors.
    private readonly int ListFloats => ActiveFfn.RoundUp(Math.Min(Block, Length), 16) + 16;

    /// <inheritdoc/>
    public readonly void Run(int stripe, int worker)
    {
        int* chosen = (int*)Pool.Local(worker, ScratchFloats).Pointer;
        float* values = (float*)chosen + ListFloats, products = values + ListFloats;
        int first = stripe * Length, end = Math.Min(first + Length, Neurons);
        float* sums = Sums + (nint)stripe * Rows * Stride;
        new Span<float>(sums, Rows * Stride).Clear();
        for (int start = first; start < end; start += Block)
        {
            int count = Math.Min(Block, end - start);
            for (int row = 0; row < Rows; row++)
            {
                int selected = Choose(row, start, count, chosen, values);
                if (selected == 0) continue;
                S threshold = S.Broadcast(Thresholds.IsNull ? 0 : Thresholds[row]);
                if (Inputs > 0)
                {
                    Multiply(Input.Data.Pointer + row * Input.Stride, chosen, selected, products);
                    for (int i = 0; i < selected; i += S.Width) S.Store(products + i, Neuron.Apply(S.Load(values + i), threshold) * S.Load(products + i));
                }
                else
                {
                    for (int i = 0; i < selected; i += S.Width) S.Store(products + i, Neuron.Apply(S.Load(values + i), threshold));
                }

                Add(sums + (nint)row * Stride, chosen, products, selected);
            }
        }
    }

    /// <summary>Lists the selected of some neurons and their values. What is not known to be below the threshold is selected, so that NaN shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Choose(int row, int start, int count, int* chosen, float* values)
    {
        bool exact = Thresholds.IsNull;
        S bound = S.Broadcast(exact ? float.Epsilon : MathF.BitIncrement(Thresholds[row]));
        float* from = Values.Data.Pointer + row * Values.Stride + start;
        int selected = 0;
        for (int i = 0; i < count; i += S.Width)
        {
            int lanes = Math.Min(S.Width, count - i);
            S value = lanes == S.Width ? S.Load(from + i) : S.Load(from + i, lanes);
            uint bits = ~S.Bits(S.LessThan(exact ? S.Abs(value) : value, bound)) & (uint)((1ul << lanes) - 1);
            for (; bits != 0; bits &= bits - 1)
            {
                int at = i + BitOperations.TrailingZeroCount(bits);
                chosen[selected] = start + at;
                values[selected++] = from[at];
            }
        }

        return selected;
    }

    /// <summary>products[i] = Up[chosen[i]] · input. While a row is read the next one is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(float* input, int* chosen, int selected, float* products)
    {
        TW up = Up;
        int depth = Inputs, line = MatMulAhead.Line<TW>();
        for (int i = 0; i < selected; i++)
        {
            nint row = chosen[i], next = chosen[Math.Min(i + 1, selected - 1)];
            int k = 0;
            S s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
            for (; k + 4 * S.Width <= depth; k += 4 * S.Width)
            {
                for (int ahead = 0; ahead < 4 * S.Width; ahead += line) MatMulAhead.Fetch(up, next, k + ahead);
                s0 = S.MultiplyAdd(up.Load<S, AllLanes>(row, k, default), S.Load(input + k), s0);
                s1 = S.MultiplyAdd(up.Load<S, AllLanes>(row, k + S.Width, default), S.Load(input + k + S.Width), s1);
                s2 = S.MultiplyAdd(up.Load<S, AllLanes>(row, k + 2 * S.Width, default), S.Load(input + k + 2 * S.Width), s2);
                s3 = S.MultiplyAdd(up.Load<S, AllLanes>(row, k + 3 * S.Width, default), S.Load(input + k + 3 * S.Width), s3);
            }

            for (; k + S.Width <= depth; k += S.Width) s0 = S.MultiplyAdd(up.Load<S, AllLanes>(row, k, default), S.Load(input + k), s0);
            if (k < depth)
            {
                FirstLanes rest = new(depth - k);
                s1 = S.MultiplyAdd(up.Load<S, FirstLanes>(row, k, rest), S.Load(input + k, rest.Count), s1);
            }

            products[i] = S.Sum((s0 + s1) + (s2 + s3));
        }
    }

    /// <summary>sums += gains[i] · Down[chosen[i]], four rows at a time, while the next four are fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Add(float* sums, int* chosen, float* gains, int selected)
    {
        TW down = Down;
        int line = MatMulAhead.Line<TW>(), padded = ActiveFfn.RoundUp(selected, Group), outputs = Outputs;
        for (int i = selected; i < padded; i++)
        {
            chosen[i] = chosen[selected - 1];
            gains[i] = 0;
        }

        for (int i = 0; i < padded; i += Group)
        {
            nint r0 = chosen[i], r1 = chosen[i + 1], r2 = chosen[i + 2], r3 = chosen[i + 3];
            int ahead = i + Group < padded ? i + Group : i;
            nint n0 = chosen[ahead], n1 = chosen[ahead + 1], n2 = chosen[ahead + 2], n3 = chosen[ahead + 3];
            S g0 = S.Broadcast(gains[i]), g1 = S.Broadcast(gains[i + 1]), g2 = S.Broadcast(gains[i + 2]), g3 = S.Broadcast(gains[i + 3]);
            int c = 0;
            for (; c + 2 * S.Width <= outputs; c += 2 * S.Width)
            {
                for (int fetched = 0; fetched < 2 * S.Width; fetched += line)
                {
                    MatMulAhead.Fetch(down, n0, c + fetched);
                    MatMulAhead.Fetch(down, n1, c + fetched);
                    MatMulAhead.Fetch(down, n2, c + fetched);
                    MatMulAhead.Fetch(down, n3, c + fetched);
                }

                S s = S.Load(sums + c), t = S.Load(sums + c + S.Width);
                s = S.MultiplyAdd(g0, down.Load<S, AllLanes>(r0, c, default), s);
                t = S.MultiplyAdd(g0, down.Load<S, AllLanes>(r0, c + S.Width, default), t);
                s = S.MultiplyAdd(g1, down.Load<S, AllLanes>(r1, c, default), s);
                t = S.MultiplyAdd(g1, down.Load<S, AllLanes>(r1, c + S.Width, default), t);
                s = S.MultiplyAdd(g2, down.Load<S, AllLanes>(r2, c, default), s);
                t = S.MultiplyAdd(g2, down.Load<S, AllLanes>(r2, c + S.Width, default), t);
                s = S.MultiplyAdd(g3, down.Load<S, AllLanes>(r3, c, default), s);
                t = S.MultiplyAdd(g3, down.Load<S, AllLanes>(r3, c + S.Width, default), t);
                S.Store(sums + c, s);
                S.Store(sums + c + S.Width, t);
            }

            for (; c < outputs; c += S.Width)
            {
                FirstLanes rest = new(Math.Min(S.Width, outputs - c));
                S s = S.MultiplyAdd(g0, down.Load<S, FirstLanes>(r0, c, rest), S.Load(sums + c));
                s = S.MultiplyAdd(g1, down.Load<S, FirstLanes>(r1, c, rest), s);
                s = S.MultiplyAdd(g2, down.Load<S, FirstLanes>(r2, c, rest), s);
                S.Store(sums + c, S.MultiplyAdd(g3, down.Load<S, FirstLanes>(r3, c, rest), s));
            }
        }
    }
}
