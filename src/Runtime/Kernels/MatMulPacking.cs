using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>Copies operands into the order in which the innermost loop reads them, through their prologues.</summary>
internal static unsafe class MatMulPacking
{
    /// <summary>Depths by which a source stored [k, ...] is fetched ahead.</summary>
    private const int Distance = 8;

    /// <summary>
    /// Packs columns of the right operand: target[depth, 2 vectors], columns past the end zero.
    /// </summary>
    /// <param name="b">The operand; source [k, n], or [n, k] when <paramref name="transpose"/>.</param>
    /// <param name="transpose">Whether depth runs along the source's rows.</param>
    /// <param name="column">First column of the panel.</param>
    /// <param name="columns">Columns there are, at most two vectors.</param>
    /// <param name="from">First depth.</param>
    /// <param name="depth">Number of depths.</param>
    /// <param name="target">Where depth <paramref name="from"/> goes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Right<S, TB>(in TB b, bool transpose, nint column, int columns, nint from, nint depth, float* target)
        where S : unmanaged, ISimd<S> where TB : struct, IOperand
    {
        TB operand = b;
        if (!transpose)
        {
            Straight<S, TB>(operand, column, columns, from, depth, target);
            return;
        }

        float* block = stackalloc float[2 * S.Width * S.Width];
        for (int half = 0; half < 2; half++, column += S.Width, columns -= S.Width, target += S.Width)
        {
            nint done = 0;
            if (typeof(TB) == typeof(Stored) && columns >= S.Width)
            {
                Stored stored = Unsafe.As<TB, Stored>(ref operand);
                float* source = stored.Data.Pointer + column * stored.Stride + from;
                for (; done + S.Width <= depth; done += S.Width)
                    MatMulTranspose.Block<S>(source + done, stored.Stride, target + 2 * done * S.Width, 2 * S.Width);
            }

            for (; done < depth; done += S.Width)
            {
                int lanes = (int)Math.Min(S.Width, depth - done);
                for (int row = 0; row < S.Width; row++)
                {
                    S value = row >= columns ? S.Zero
                        : lanes == S.Width ? operand.Load<S, AllLanes>(column + row, from + done, default)
                        : operand.Load<S, FirstLanes>(column + row, from + done, new FirstLanes(lanes));
                    S.Store(block + row * S.Width, value);
                }

                float* to = target + 2 * done * S.Width;
                if (lanes == S.Width)
                {
                    MatMulTranspose.Block<S>(block, S.Width, to, 2 * S.Width);
                    continue;
                }

                float* turned = block + S.Width * S.Width;
                MatMulTranspose.Block<S>(block, S.Width, turned, S.Width);
                for (int row = 0; row < lanes; row++) S.Store(to + 2 * row * S.Width, S.Load(turned + row * S.Width));
            }
        }
    }

    /// <summary>
    /// Packs rows of the left operand in panels of <see cref="MatMulKernel.Rows"/>, row after row; up to a vector past the depth is zero.
    /// </summary>
    /// <param name="a">The operand; source [m, k].</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="from">First depth.</param>
    /// <param name="depth">Number of depths.</param>
    /// <param name="target">Where to.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="panel">Floats from one panel to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LeftRows<S, TA>(in TA a, nint row, nint rows, nint from, nint depth, float* target, nint stride, nint panel)
        where S : unmanaged, ISimd<S> where TA : struct, IOperand
    {
        TA operand = a;
        int rest = (int)(depth % S.Width);
        nint whole = depth - rest;
        for (nint i = 0; i < rows; i++)
        {
            float* to = target + i / MatMulKernel.Rows * panel + i % MatMulKernel.Rows * stride;
            nint at = 0;
            for (; at < whole; at += S.Width) S.Store(to + at, operand.Load<S, AllLanes>(row + i, from + at, default));
            if (rest > 0) S.Store(to + at, operand.Load<S, FirstLanes>(row + i, from + at, new FirstLanes(rest)));
        }
    }

    /// <summary>
    /// Packs rows of the left operand in panels of <see cref="MatMulKernel.Rows"/>, depth after depth; up to a vector past each panel is
    /// overwritten.
    /// </summary>
    /// <param name="a">The operand; source [k, m].</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="from">First depth.</param>
    /// <param name="depth">Number of depths.</param>
    /// <param name="target">Where to.</param>
    /// <param name="panel">Floats from one panel to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LeftColumns<S, TA>(in TA a, nint row, nint rows, nint from, nint depth, float* target, nint panel)
        where S : unmanaged, ISimd<S> where TA : struct, IOperand
    {
        TA operand = a;
        int panelRows = MatMulKernel.Rows;
        nint reach = MatMulBlocking.RoundUp(panelRows, S.Width);
        nint whole = rows < reach ? 0 : (rows - reach) / panelRows * panelRows + panelRows;
        for (nint k = 0; k < depth; k++, target += panelRows)
        {
            // In ascending depth: what a vector writes past its panel's rows, the next depth overwrites.
            float* to = target;
            nint first = 0;
            for (; first < whole; first += panelRows, to += panel)
            {
                MatMulAhead.Fetch(operand, from + k + Distance, row + first);
                for (int part = 0; part < panelRows; part += S.Width)
                    S.Store(to + part, operand.Load<S, AllLanes>(from + k, row + first + part, default));
            }

            for (; first < rows; first += panelRows, to += panel)
            {
                nint there = Math.Min(rows - first, panelRows);
                for (int part = 0; part < there; part += S.Width)
                    S.Store(to + part, operand.Load<S, FirstLanes>(from + k, row + first + part, new FirstLanes((int)Math.Min(S.Width, there - part))));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Straight<S, TB>(TB operand, nint column, int columns, nint from, nint depth, float* target)
        where S : unmanaged, ISimd<S> where TB : struct, IOperand
    {
        if (columns == 2 * S.Width)
        {
            for (nint k = 0; k < depth; k++, target += 2 * S.Width)
            {
                MatMulAhead.Fetch(operand, from + k + Distance, column);
                if (S.Width > 8) MatMulAhead.Fetch(operand, from + k + Distance, column + S.Width);
                S.Store(target, operand.Load<S, AllLanes>(from + k, column, default));
                S.Store(target + S.Width, operand.Load<S, AllLanes>(from + k, column + S.Width, default));
            }

            return;
        }

        FirstLanes left = new(Math.Min(columns, S.Width)), right = new(Math.Max(columns - S.Width, 0));
        for (nint k = 0; k < depth; k++, target += 2 * S.Width)
        {
            S.Store(target, operand.Load<S, FirstLanes>(from + k, column, left));
            S.Store(target + S.Width, right.Count == 0 ? S.Zero : operand.Load<S, FirstLanes>(from + k, column + S.Width, right));
        }
    }
}
