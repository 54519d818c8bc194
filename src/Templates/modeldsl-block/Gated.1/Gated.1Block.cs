namespace Gated._1;

// Inside the namespace, whose name may be that of a layer.
using ModelDsl;

/// <summary>Attention, then a gated feed-forward layer; each is normed before and added to the stream. A block serves models of any width that divides into its heads.</summary>
[Block]
public sealed partial class Gated__1Block
{
    /// <summary>Four heads that share two heads of keys and values, with rotary positions.</summary>
    [PreNorm, Residual]
    [Attention(Heads = 4, KeyValueHeads = 2, Rotary = true)]
    public partial Attention Attention { get; }

    /// <summary>SwiGLU.</summary>
    [PreNorm, Residual]
    [GatedFfn(HiddenRatio = 2)]
    public partial Ffn Ffn { get; }
}
