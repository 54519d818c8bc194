using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>Cosines and sines [positions, rotated / 2] of position · theta^(-2i / rotated).</summary>
internal readonly record struct TorchRotation(Tensor Cosine, Tensor Sine)
{
    /// <summary>Computes them, with angles in double.</summary>
    /// <param name="rotated">Elements of a head that are rotated.</param>
    /// <param name="theta">The base.</param>
    /// <param name="first">The first position.</param>
    /// <param name="count">Number of positions.</param>
    /// <param name="type">float32 or float64.</param>
    public static TorchRotation Of(int rotated, double theta, long first, long count, ScalarType type)
    {
        Tensor frequency = pow(theta, arange(rotated / 2, ScalarType.Float64) * (-2.0 / rotated));
        Tensor angle = arange(first, first + count, ScalarType.Float64).unsqueeze(1) * frequency;
        return new(cos(angle).to_type(type), sin(angle).to_type(type));
    }

    /// <summary>Those of some of the positions; a view.</summary>
    public TorchRotation Narrow(long first, long count) => new(Cosine.narrow(0, first, count), Sine.narrow(0, first, count));
}
