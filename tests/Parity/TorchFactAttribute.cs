using ModelDsl.TorchReference;

namespace ModelDsl.Parity;

/// <summary>A fact that needs TorchSharp; skipped on systems for which there is none.</summary>
internal sealed class TorchFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public TorchFactAttribute() => Skip = TorchLoader.Unavailable;
}

/// <summary>A theory that needs TorchSharp; skipped on systems for which there is none.</summary>
internal sealed class TorchTheoryAttribute : TheoryAttribute
{
    /// <summary>Marks the test.</summary>
    public TorchTheoryAttribute() => Skip = TorchLoader.Unavailable;
}
