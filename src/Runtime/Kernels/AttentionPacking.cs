using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>Copies of rows into scratch, in the order in which the tiles read them.</summary>
internal static unsafe class AttentionPacking
{
    /// <summary>Asks for a row that is read or written a little later to come to the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* row, int width)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < width; i += 16) Sse.Prefetch1(row + i);
    }

    /// <summary>Asks for floats that are read very soon, and once, to come to the first-level cache. Memory is only busy while such requests are out, so they are spread evenly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchNear(float* source, int floats)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < floats; i += 16) Sse.Prefetch0(source + i);
    }

    /// <summary>Copies one row times <paramref name="scale"/>, zero-filled to the next multiple of the vector width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyRow<S>(float* source, int width, float* target, S scale) where S : unmanaged, ISimd<S>
    {
        int i = 0;
        for (; i <= width - S.Width; i += S.Width) S.Store(target + i, S.Load(source + i) * scale);
        if (i < width) S.Store(target + i, S.Load(source + i, width - i) * scale);
    }

    /// <summary>Writes the first <paramref name="width"/> floats of a padded row times <paramref name="scale"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteRow<S>(float* padded, int width, float* target, S scale) where S : unmanaged, ISimd<S>
    {
        int i = 0;
        for (; i <= width - S.Width; i += S.Width) S.Store(target + i, S.Load(padded + i) * scale);
        if (i < width) S.Store(target + i, S.Load(padded + i) * scale, width - i);
    }

    /// <summary>Adds the first <paramref name="width"/> floats of a padded row times <paramref name="scale"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRow<S>(float* padded, int width, float* target, S scale) where S : unmanaged, ISimd<S>
    {
        int i = 0;
        for (; i <= width - S.Width; i += S.Width) S.Store(target + i, S.MultiplyAdd(S.Load(padded + i), scale, S.Load(target + i)));
        if (i < width) S.Store(target + i, S.MultiplyAdd(S.Load(padded + i), scale, S.Load(target + i, width - i)), width - i);
    }

    /// <summary>Writes four rows times <paramref name="scale"/> as four adjacent columns: element k of row i goes to target[k · stride + i].</summary>
    public static void TransposeFour(float* row0, float* row1, float* row2, float* row3, int width, float* target, nint stride, float scale)
    {
        int k = 0;
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            Vector128<float> factor = Vector128.Create(scale);
            for (; k <= width - 4; k += 4)
            {
                Vector128<float> r0 = Vector128.Load(row0 + k), r1 = Vector128.Load(row1 + k), r2 = Vector128.Load(row2 + k), r3 = Vector128.Load(row3 + k);
                Vector128<float> low02 = InterleaveLow(r0, r2), low13 = InterleaveLow(r1, r3);
                Vector128<float> high02 = InterleaveHigh(r0, r2), high13 = InterleaveHigh(r1, r3);
                (InterleaveLow(low02, low13) * factor).Store(target + k * stride);
                (InterleaveHigh(low02, low13) * factor).Store(target + (k + 1) * stride);
                (InterleaveLow(high02, high13) * factor).Store(target + (k + 2) * stride);
                (InterleaveHigh(high02, high13) * factor).Store(target + (k + 3) * stride);
            }
        }

        for (; k < width; k++)
        {
            float* column = target + k * stride;
            column[0] = row0[k] * scale;
            column[1] = row1[k] * scale;
            column[2] = row2[k] * scale;
            column[3] = row3[k] * scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveLow(Vector128<float> left, Vector128<float> right)
        => Sse.IsSupported ? Sse.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveHigh(Vector128<float> left, Vector128<float> right)
        => Sse.IsSupported ? Sse.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
