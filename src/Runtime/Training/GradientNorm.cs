using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Programs;
using ModelDsl.Threading;

namespace ModelDsl;

/// <summary>The Euclidean norm of the gradients of all parameters that are trained.</summary>
internal static class GradientNorm
{
    /// <summary>The norm; not finite exactly when a gradient is not.</summary>
    public static double Compute(WorkerPool pool, UpdateLayout layout, F32 gradients)
    {
        double sum = 0;
        foreach ((nint offset, nint length) in layout.Ranges) sum += Gradients.SquaredNorm(pool, gradients.At(offset), length);
        // Squares of finite floats above 1.8e19 overflow: tell them from gradients that are not finite.
        return Math.Sqrt(double.IsFinite(sum) ? sum : InDouble(layout, gradients));
    }

    /// <summary>The first trained parameter with a gradient that is not finite.</summary>
    public static ParameterInfo? FirstNonFinite(UpdateLayout layout, F32 gradients)
    {
        foreach (ParameterInfo info in layout.Trained)
        {
            for (nint i = 0; i < (nint)info.Length; i++)
            {
                if (!float.IsFinite(gradients[(nint)info.Offset + i])) return info;
            }
        }

        return null;
    }

    private static double InDouble(UpdateLayout layout, F32 gradients)
    {
        double sum = 0;
        foreach ((nint offset, nint length) in layout.Ranges)
        {
            for (nint i = 0; i < length; i++)
            {
                double value = gradients[offset + i];
                sum += value * value;
            }
        }

        return sum;
    }
}
