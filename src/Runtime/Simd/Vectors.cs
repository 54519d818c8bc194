using System.Runtime.Intrinsics;

namespace ModelDsl.Simd;

/// <summary>A generic computation to run at the width of this machine.</summary>
public interface ISimdBody
{
    /// <summary>Runs with vectors <typeparamref name="S"/>.</summary>
    void Run<S>() where S : unmanaged, ISimd<S>;
}

/// <summary>Chooses the vector width, once: the widest the hardware accelerates.</summary>
public static class Vectors
{
    /// <summary>Lanes of the widest accelerated vector: 16, 8, 4 or 1.</summary>
    public static int Width => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : Vector128.IsHardwareAccelerated ? 4 : 1;

    /// <summary>Runs <paramref name="body"/> with the widest accelerated vector. The test is a constant to the JIT.</summary>
    public static void Run<TBody>(TBody body) where TBody : struct, ISimdBody
    {
        if (Vector512.IsHardwareAccelerated) body.Run<F512>();
        else if (Vector256.IsHardwareAccelerated) body.Run<F256>();
        else if (Vector128.IsHardwareAccelerated) body.Run<F128>();
        else body.Run<F1>();
    }
}
