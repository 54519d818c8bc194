using System.Runtime.CompilerServices;
using ModelDsl.Simd;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>Right operand stored [k, n]: adds multiples of four of its rows at a time to the rows of the product, which stay in cache.</summary>
internal unsafe struct MatMulSumBody<S, TB, TE> : IParallelBody
    where S : unmanaged, ISimd<S> where TB : struct, IOperand where TE : struct, IEpilogue
{
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
        new Span<float>(c, (int)(M * Columns)).Clear();
        Add(column, columns, c);
        MatMulFewRows<S>.Apply(Epilogue, c, Columns, M, column, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Add(nint column, int columns, float* c)
    {
        nint k = 0;
        int whole = columns - columns % S.Width;
        FirstLanes rest = new(columns - whole);
        for (; k + 4 <= K; k += 4)
        {
            for (int j = 0; j < whole; j += S.Width) Add4<AllLanes>(k, column + j, c + j, default);
            if (rest.Count > 0) Add4(k, column + whole, c + whole, rest);
        }

        for (; k < K; k++)
        {
            for (int j = 0; j < whole; j += S.Width) Add1<AllLanes>(k, column + j, c + j, default);
            if (rest.Count > 0) Add1(k, column + whole, c + whole, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Add4<L>(nint k, nint column, float* sum, L lanes) where L : struct, ILanes
    {
        for (int later = 8; later < 12; later++) MatMulAhead.Fetch(B, k + later, column);
        S w0 = B.Load<S, L>(k, column, lanes), w1 = B.Load<S, L>(k + 1, column, lanes);
        S w2 = B.Load<S, L>(k + 2, column, lanes), w3 = B.Load<S, L>(k + 3, column, lanes);
        float* x = Rows + k;
        nint stride = Stride, next = Columns;
        for (nint i = M; i > 0; i--, x += stride, sum += next)
        {
            S s = S.MultiplyAdd(S.Broadcast(x[0]), w0, S.Load(sum));
            s = S.MultiplyAdd(S.Broadcast(x[1]), w1, s);
            s = S.MultiplyAdd(S.Broadcast(x[2]), w2, s);
            S.Store(sum, S.MultiplyAdd(S.Broadcast(x[3]), w3, s));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Add1<L>(nint k, nint column, float* sum, L lanes) where L : struct, ILanes
    {
        S w = B.Load<S, L>(k, column, lanes);
        float* x = Rows + k;
        nint stride = Stride, next = Columns;
        for (nint i = M; i > 0; i--, x += stride, sum += next) S.Store(sum, S.MultiplyAdd(S.Broadcast(x[0]), w, S.Load(sum)));
    }
}
