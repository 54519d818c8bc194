using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>Transposes square blocks of one vector's width in registers.</summary>
internal static unsafe class MatMulTranspose
{
    /// <summary>target[j, i] = source[i, j] for i, j below the vector's width; strides in floats.</summary>
    /// <remarks>
    /// Vectors are assembled from the same four columns of rows i, i + 4, i + 8, i + 12; then every 128-bit lane is a 4x4 transpose, which
    /// needs two rounds of unpacking and no movement between lanes.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block<S>(float* source, nint stride, float* target, nint targetStride) where S : unmanaged, ISimd<S>
    {
        if (S.Width == 16 && Avx512F.IsSupported)
        {
            for (int column = 0; column < 16; column += 4) Lanes512(source + column, stride, target + column * targetStride, targetStride);
        }
        else if (S.Width == 8 && Avx.IsSupported)
        {
            for (int column = 0; column < 8; column += 4) Lanes256(source + column, stride, target + column * targetStride, targetStride);
        }
        else if (S.Width == 4 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            Lanes128(source, stride, target, targetStride);
        }
        else
        {
            for (int row = 0; row < S.Width; row++)
            {
                for (int column = 0; column < S.Width; column++) target[column * targetStride + row] = source[row * stride + column];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lanes512(float* source, nint stride, float* target, nint targetStride)
    {
        Vector512<float> r0 = Rows512(source, stride), r1 = Rows512(source + stride, stride);
        Vector512<float> r2 = Rows512(source + 2 * stride, stride), r3 = Rows512(source + 3 * stride, stride);
        Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble(), low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
        Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble(), high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        Avx512F.UnpackLow(low01, low23).AsSingle().Store(target);
        Avx512F.UnpackHigh(low01, low23).AsSingle().Store(target + targetStride);
        Avx512F.UnpackLow(high01, high23).AsSingle().Store(target + 2 * targetStride);
        Avx512F.UnpackHigh(high01, high23).AsSingle().Store(target + 3 * targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Rows512(float* source, nint stride)
        => Vector512.Create(Rows256(source, stride), Rows256(source + 8 * stride, stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lanes256(float* source, nint stride, float* target, nint targetStride)
    {
        Vector256<float> r0 = Rows256(source, stride), r1 = Rows256(source + stride, stride);
        Vector256<float> r2 = Rows256(source + 2 * stride, stride), r3 = Rows256(source + 3 * stride, stride);
        Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble(), low23 = Avx.UnpackLow(r2, r3).AsDouble();
        Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble(), high23 = Avx.UnpackHigh(r2, r3).AsDouble();
        Avx.UnpackLow(low01, low23).AsSingle().Store(target);
        Avx.UnpackHigh(low01, low23).AsSingle().Store(target + targetStride);
        Avx.UnpackLow(high01, high23).AsSingle().Store(target + 2 * targetStride);
        Avx.UnpackHigh(high01, high23).AsSingle().Store(target + 3 * targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Rows256(float* source, nint stride)
        => Vector256.Create(Vector128.Load(source), Vector128.Load(source + 4 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lanes128(float* source, nint stride, float* target, nint targetStride)
    {
        Vector128<float> r0 = Vector128.Load(source), r1 = Vector128.Load(source + stride);
        Vector128<float> r2 = Vector128.Load(source + 2 * stride), r3 = Vector128.Load(source + 3 * stride);
        Vector128<float> low01 = UnpackLow(r0, r1), low23 = UnpackLow(r2, r3), high01 = UnpackHigh(r0, r1), high23 = UnpackHigh(r2, r3);
        Vector128.Create(low01.GetLower(), low23.GetLower()).Store(target);
        Vector128.Create(low01.GetUpper(), low23.GetUpper()).Store(target + targetStride);
        Vector128.Create(high01.GetLower(), high23.GetLower()).Store(target + 2 * targetStride);
        Vector128.Create(high01.GetUpper(), high23.GetUpper()).Store(target + 3 * targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackLow(Vector128<float> a, Vector128<float> b)
        => Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackHigh(Vector128<float> a, Vector128<float> b)
        => Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
