using ModelDsl.Simd;

namespace ModelDsl.Kernels;

/// <summary>What a neuron of a layer that selects gives of its pre-activation: generated, the activation of what exceeds the threshold.</summary>
public interface INeuron
{
    /// <summary>The activation, 0 where the neuron is not selected.</summary>
    /// <param name="values">Pre-activations.</param>
    /// <param name="thresholds">The threshold of their row in each lane; 0 in a layer that has none.</param>
    S Apply<S>(S values, S thresholds) where S : unmanaged, ISimd<S>;
}
