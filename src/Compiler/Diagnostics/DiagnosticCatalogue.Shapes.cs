namespace ModelDsl.Compiler.Diagnostics;

// Sizes and shapes of layers: what an argument may be, and what must divide what.
internal static partial class DiagnosticCatalogue
{
    public static readonly DiagnosticRule OutOfRange = new("MDL1001", "A value is out of range",
        "{0} = {1}: it must be {2}");

    public static readonly DiagnosticRule HeadsDivideWidth = new("MDL1002", "The width does not divide into heads",
        "{0} columns do not divide into {1}: {0} / {2} leaves {3}; nearest: {4}, or give HeadWidth as well as Heads");

    public static readonly DiagnosticRule KeyValueHeads = new("MDL1003", "Query heads do not share the key/value heads evenly",
        "{0} query heads do not share {1} key/value heads evenly: KeyValueHeads must divide Heads, one of {2}");

    public static readonly DiagnosticRule RotaryWidth = new("MDL1004", "The rotary width does not fit the head",
        "Rotary embedding turns pairs of columns: {0} columns of a head {1} wide {2}");

    public static readonly DiagnosticRule VocabularyDiffers = new("MDL1005", "Head and embedding differ in vocabulary",
        "The head's vocabulary {0} is not that of the embedding, {1}: what a model predicts are its own tokens, leave the head's out");

    public static readonly DiagnosticRule NotCausal = new("MDL1006", "A language model must be causal",
        "Attention that sees later positions cannot be trained to predict them, nor decoded: '{0}' is a language model, leave Causal at true");

    public static readonly DiagnosticRule TwoSizes = new("MDL1007", "A size is given twice",
        "{0} and {1} both say the same size: give one");

    public static readonly DiagnosticRule NoSize = new("MDL1008", "A size is missing",
        "A size of the layer is missing: give {0}");

    public static readonly DiagnosticRule WindowNotCausal = new("MDL1009", "A window without causal attention",
        "A window of {0} ends at the position itself, so it is causal: leave Causal at true, or the window out");
}
