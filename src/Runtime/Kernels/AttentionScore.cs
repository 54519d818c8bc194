using System.Runtime.CompilerServices;
using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>What happens to a scaled score before the softmax. A struct, so that the JIT drops what a variant does not need.</summary>
internal interface IAttentionScore
{
    /// <summary>True when <see cref="Transform"/> is the identity and its slope 1; a constant to the JIT.</summary>
    static abstract bool IsIdentity { get; }

    /// <summary>The score that enters the softmax.</summary>
    S Transform<S>(S scaled) where S : unmanaged, ISimd<S>;

    /// <summary>The derivative of <see cref="Transform"/>, from its result.</summary>
    S Slope<S>(S transformed) where S : unmanaged, ISimd<S>;
}

/// <summary>The scaled score as it is.</summary>
internal readonly struct PlainScore : IAttentionScore
{
    public static bool IsIdentity => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Transform<S>(S scaled) where S : unmanaged, ISimd<S> => scaled;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Slope<S>(S transformed) where S : unmanaged, ISimd<S> => S.Broadcast(1f);
}

/// <summary>cap · tanh(s / cap).</summary>
internal readonly struct SoftCappedScore(float cap) : IAttentionScore
{
    private readonly float cap = cap, reciprocal = 1f / cap;

    public static bool IsIdentity => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Transform<S>(S scaled) where S : unmanaged, ISimd<S>
        => S.Broadcast(cap) * VectorMath.Tanh(scaled * S.Broadcast(reciprocal));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Slope<S>(S transformed) where S : unmanaged, ISimd<S>
    {
        S t = transformed * S.Broadcast(reciprocal);
        return S.MultiplyAdd(-t, t, S.Broadcast(1f));
    }
}
