using ModelDsl.Memory;

namespace ModelDsl.Programs;

/// <summary>Fills a fresh parameter arena.</summary>
public static class Initialization
{
    /// <summary>Draws every parameter by its <see cref="Initializer"/>; the same seed gives the same values.</summary>
    public static void Fill(ModelPlan plan, F32 parameters, int seed)
    {
        RandomSource random = new((ulong)(uint)seed);
        foreach (ParameterInfo info in plan.Parameters)
        {
            F32 values = parameters.At((nint)info.Offset);
            for (nint i = 0; i < (nint)info.Length; i++)
                values[i] = info.Initializer.Kind == InitializerKind.Constant ? info.Initializer.Value : info.Initializer.Value * (float)random.NextNormal();
        }
    }
}
