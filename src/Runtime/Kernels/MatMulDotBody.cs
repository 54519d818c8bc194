using System.Runtime.CompilerServices;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Few rows, right operand stored [n, k]: dot products of its rows, each read once and front to back, which is what memory is fastest at
/// (several rows side by side reach three quarters of that), with up to eight rows of the left operand at a time.
/// </summary>
internal unsafe struct MatMulDotBody<S, TB, TE> : IParallelBody
    where S : unmanaged, ISimd<S> where TB : struct, IOperand where TE : struct, IEpilogue
{
    /// <summary>Lines by which the right operand is fetched ahead.</summary>
    private const int Distance = 128;

    public WorkerPool Pool;
    public nint M, N, K, Stride;
    public float* Rows;
    public int Columns;
    public TB B;
    public TE Epilogue;

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        nint column = (nint)tile * Columns;
        int columns = (int)Math.Min(Columns, N - column);
        float* c = Pool.Local(worker, MatMulFewRows<S>.Padded(M) * Columns).Pointer;
        if (M == 1) Dots1(Rows, column, columns, c);
        else if (M == 2) Dots2(Rows, column, columns, c);
        else if (M <= 4) Dots4(Rows, column, columns, c);
        else for (nint i = 0; i < M; i += 8) Dots8(Rows + i * Stride, column, columns, c + i * Columns);

        MatMulFewRows<S>.Apply(Epilogue, c, Columns, M, column, columns);
    }

    /// <summary>Rows of the right operand with one of the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Dots1(float* x, nint row, int rows, float* c)
    {
        TB b = B;
        nint depth = K;
        for (nint last = row + rows; row < last; row++, c++)
        {
            nint k = 0;
            S s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
            for (; k + 4 * S.Width <= depth; k += 4 * S.Width)
            {
                Ahead(b, row, k, 4);
                S w0 = b.Load<S, AllLanes>(row, k, default);
                S w1 = b.Load<S, AllLanes>(row, k + S.Width, default);
                S w2 = b.Load<S, AllLanes>(row, k + 2 * S.Width, default);
                S w3 = b.Load<S, AllLanes>(row, k + 3 * S.Width, default);
                s00 = S.MultiplyAdd(w0, S.Load(x + k), s00);
                s01 = S.MultiplyAdd(w1, S.Load(x + k + S.Width), s01);
                s02 = S.MultiplyAdd(w2, S.Load(x + k + 2 * S.Width), s02);
                s03 = S.MultiplyAdd(w3, S.Load(x + k + 3 * S.Width), s03);
            }

            for (; k < depth; k += S.Width)
            {
                S w = Tail(b, row, k, depth);
                s00 = S.MultiplyAdd(w, S.Load(x + k), s00);
            }

            c[0] = S.Sum(s00 + s01 + (s02 + s03));
        }
    }

    /// <summary>Rows of the right operand with 2 of the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Dots2(float* x, nint row, int rows, float* c)
    {
        TB b = B;
        nint depth = K, stride = Columns;
        float* x1 = x + Stride;
        for (nint last = row + rows; row < last; row++, c++)
        {
            nint k = 0;
            S s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
            S s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
            for (; k + 4 * S.Width <= depth; k += 4 * S.Width)
            {
                Ahead(b, row, k, 4);
                S w0 = b.Load<S, AllLanes>(row, k, default);
                S w1 = b.Load<S, AllLanes>(row, k + S.Width, default);
                S w2 = b.Load<S, AllLanes>(row, k + 2 * S.Width, default);
                S w3 = b.Load<S, AllLanes>(row, k + 3 * S.Width, default);
                s00 = S.MultiplyAdd(w0, S.Load(x + k), s00);
                s01 = S.MultiplyAdd(w1, S.Load(x + k + S.Width), s01);
                s02 = S.MultiplyAdd(w2, S.Load(x + k + 2 * S.Width), s02);
                s03 = S.MultiplyAdd(w3, S.Load(x + k + 3 * S.Width), s03);
                s10 = S.MultiplyAdd(w0, S.Load(x1 + k), s10);
                s11 = S.MultiplyAdd(w1, S.Load(x1 + k + S.Width), s11);
                s12 = S.MultiplyAdd(w2, S.Load(x1 + k + 2 * S.Width), s12);
                s13 = S.MultiplyAdd(w3, S.Load(x1 + k + 3 * S.Width), s13);
            }

            for (; k < depth; k += S.Width)
            {
                S w = Tail(b, row, k, depth);
                s00 = S.MultiplyAdd(w, S.Load(x + k), s00);
                s10 = S.MultiplyAdd(w, S.Load(x1 + k), s10);
            }

            c[0] = S.Sum(s00 + s01 + (s02 + s03));
            c[stride] = S.Sum(s10 + s11 + (s12 + s13));
        }
    }

    /// <summary>Rows of the right operand with 4 of the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Dots4(float* x, nint row, int rows, float* c)
    {
        TB b = B;
        nint depth = K, stride = Columns;
        float* x1 = x + Stride, x2 = x1 + Stride, x3 = x2 + Stride;
        for (nint last = row + rows; row < last; row++, c++)
        {
            nint k = 0;
            S s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
            S s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
            S s20 = S.Zero, s21 = S.Zero, s22 = S.Zero, s23 = S.Zero;
            S s30 = S.Zero, s31 = S.Zero, s32 = S.Zero, s33 = S.Zero;
            for (; k + 4 * S.Width <= depth; k += 4 * S.Width)
            {
                Ahead(b, row, k, 4);
                S w0 = b.Load<S, AllLanes>(row, k, default);
                S w1 = b.Load<S, AllLanes>(row, k + S.Width, default);
                S w2 = b.Load<S, AllLanes>(row, k + 2 * S.Width, default);
                S w3 = b.Load<S, AllLanes>(row, k + 3 * S.Width, default);
                s00 = S.MultiplyAdd(w0, S.Load(x + k), s00);
                s01 = S.MultiplyAdd(w1, S.Load(x + k + S.Width), s01);
                s02 = S.MultiplyAdd(w2, S.Load(x + k + 2 * S.Width), s02);
                s03 = S.MultiplyAdd(w3, S.Load(x + k + 3 * S.Width), s03);
                s10 = S.MultiplyAdd(w0, S.Load(x1 + k), s10);
                s11 = S.MultiplyAdd(w1, S.Load(x1 + k + S.Width), s11);
                s12 = S.MultiplyAdd(w2, S.Load(x1 + k + 2 * S.Width), s12);
                s13 = S.MultiplyAdd(w3, S.Load(x1 + k + 3 * S.Width), s13);
                s20 = S.MultiplyAdd(w0, S.Load(x2 + k), s20);
                s21 = S.MultiplyAdd(w1, S.Load(x2 + k + S.Width), s21);
                s22 = S.MultiplyAdd(w2, S.Load(x2 + k + 2 * S.Width), s22);
                s23 = S.MultiplyAdd(w3, S.Load(x2 + k + 3 * S.Width), s23);
                s30 = S.MultiplyAdd(w0, S.Load(x3 + k), s30);
                s31 = S.MultiplyAdd(w1, S.Load(x3 + k + S.Width), s31);
                s32 = S.MultiplyAdd(w2, S.Load(x3 + k + 2 * S.Width), s32);
                s33 = S.MultiplyAdd(w3, S.Load(x3 + k + 3 * S.Width), s33);
            }

            for (; k < depth; k += S.Width)
            {
                S w = Tail(b, row, k, depth);
                s00 = S.MultiplyAdd(w, S.Load(x + k), s00);
                s10 = S.MultiplyAdd(w, S.Load(x1 + k), s10);
                s20 = S.MultiplyAdd(w, S.Load(x2 + k), s20);
                s30 = S.MultiplyAdd(w, S.Load(x3 + k), s30);
            }

            c[0] = S.Sum(s00 + s01 + (s02 + s03));
            c[stride] = S.Sum(s10 + s11 + (s12 + s13));
            c[2 * stride] = S.Sum(s20 + s21 + (s22 + s23));
            c[3 * stride] = S.Sum(s30 + s31 + (s32 + s33));
        }
    }

    /// <summary>Rows of the right operand with 8 of the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Dots8(float* x, nint row, int rows, float* c)
    {
        TB b = B;
        nint depth = K, stride = Columns;
        float* x1 = x + Stride, x2 = x1 + Stride, x3 = x2 + Stride, x4 = x3 + Stride, x5 = x4 + Stride, x6 = x5 + Stride, x7 = x6 + Stride;
        for (nint last = row + rows; row < last; row++, c++)
        {
            nint k = 0;
            S s00 = S.Zero, s01 = S.Zero;
            S s10 = S.Zero, s11 = S.Zero;
            S s20 = S.Zero, s21 = S.Zero;
            S s30 = S.Zero, s31 = S.Zero;
            S s40 = S.Zero, s41 = S.Zero;
            S s50 = S.Zero, s51 = S.Zero;
            S s60 = S.Zero, s61 = S.Zero;
            S s70 = S.Zero, s71 = S.Zero;
            for (; k + 2 * S.Width <= depth; k += 2 * S.Width)
            {
                Ahead(b, row, k, 2);
                S w0 = b.Load<S, AllLanes>(row, k, default);
                S w1 = b.Load<S, AllLanes>(row, k + S.Width, default);
                s00 = S.MultiplyAdd(w0, S.Load(x + k), s00);
                s01 = S.MultiplyAdd(w1, S.Load(x + k + S.Width), s01);
                s10 = S.MultiplyAdd(w0, S.Load(x1 + k), s10);
                s11 = S.MultiplyAdd(w1, S.Load(x1 + k + S.Width), s11);
                s20 = S.MultiplyAdd(w0, S.Load(x2 + k), s20);
                s21 = S.MultiplyAdd(w1, S.Load(x2 + k + S.Width), s21);
                s30 = S.MultiplyAdd(w0, S.Load(x3 + k), s30);
                s31 = S.MultiplyAdd(w1, S.Load(x3 + k + S.Width), s31);
                s40 = S.MultiplyAdd(w0, S.Load(x4 + k), s40);
                s41 = S.MultiplyAdd(w1, S.Load(x4 + k + S.Width), s41);
                s50 = S.MultiplyAdd(w0, S.Load(x5 + k), s50);
                s51 = S.MultiplyAdd(w1, S.Load(x5 + k + S.Width), s51);
                s60 = S.MultiplyAdd(w0, S.Load(x6 + k), s60);
                s61 = S.MultiplyAdd(w1, S.Load(x6 + k + S.Width), s61);
                s70 = S.MultiplyAdd(w0, S.Load(x7 + k), s70);
                s71 = S.MultiplyAdd(w1, S.Load(x7 + k + S.Width), s71);
            }

            for (; k < depth; k += S.Width)
            {
                S w = Tail(b, row, k, depth);
                s00 = S.MultiplyAdd(w, S.Load(x + k), s00);
                s10 = S.MultiplyAdd(w, S.Load(x1 + k), s10);
                s20 = S.MultiplyAdd(w, S.Load(x2 + k), s20);
                s30 = S.MultiplyAdd(w, S.Load(x3 + k), s30);
                s40 = S.MultiplyAdd(w, S.Load(x4 + k), s40);
                s50 = S.MultiplyAdd(w, S.Load(x5 + k), s50);
                s60 = S.MultiplyAdd(w, S.Load(x6 + k), s60);
                s70 = S.MultiplyAdd(w, S.Load(x7 + k), s70);
            }

            c[0] = S.Sum(s00 + s01);
            c[stride] = S.Sum(s10 + s11);
            c[2 * stride] = S.Sum(s20 + s21);
            c[3 * stride] = S.Sum(s30 + s31);
            c[4 * stride] = S.Sum(s40 + s41);
            c[5 * stride] = S.Sum(s50 + s51);
            c[6 * stride] = S.Sum(s60 + s61);
            c[7 * stride] = S.Sum(s70 + s71);
        }
    }

    /// <summary>Fetches what comes some kilobytes later, where the operand is plain memory: the rows follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ahead(in TB b, nint row, nint k, int vectors)
    {
        int line = MatMulAhead.Line<TB>();
        k += Distance * line;
        MatMulAhead.Fetch(b, row, k);
        if (vectors * S.Width > line) MatMulAhead.Fetch(b, row, k + line);
        if (vectors * S.Width > 2 * line) MatMulAhead.Fetch(b, row, k + 2 * line);
        if (vectors * S.Width > 3 * line) MatMulAhead.Fetch(b, row, k + 3 * line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static S Tail(in TB b, nint row, nint k, nint depth) => k + S.Width <= depth
        ? b.Load<S, AllLanes>(row, k, default)
        : b.Load<S, FirstLanes>(row, k, new FirstLanes((int)(depth - k)));
}
