namespace ModelDsl.Compiler.Diagnostics;

// Structure: which layers a model has, in which order, and how blocks hold each other.
internal static partial class DiagnosticCatalogue
{
    public static readonly DiagnosticRule NoEmbedding = new("MDL0101", "The model has a head but no embedding",
        "'{0}' ends in a language head but has no [Embedding]: declare one as its first layer, '[Embedding(Vocabulary = …)] public partial Embedding Tokens {{ get; }}'");

    public static readonly DiagnosticRule NoHead = new("MDL0102", "The model has an embedding but no head",
        "'{0}' begins with an embedding but has no [LanguageHead]: declare one as its last layer, '[LanguageHead(TiedTo = nameof({1}))] public partial Head Head {{ get; }}'");

    public static readonly DiagnosticRule SecondOfKind = new("MDL0103", "A second embedding or head",
        "'{0}' is a second [{1}]: '{2}' has '{3}' already");

    public static readonly DiagnosticRule OutOfReach = new("MDL0104", "The layer is out of reach",
        "'{0}' stands {1}: {2}");

    public static readonly DiagnosticRule TiedToUnknown = new("MDL0105", "The head is tied to nothing",
        "'{0}' is tied to '{1}', which is no embedding of '{2}'{3}");

    public static readonly DiagnosticRule RepeatCount = new("MDL0106", "A stack without blocks",
        "'{0}' repeats its block {1} times: it must be at least once");

    public static readonly DiagnosticRule StackWithoutRepeat = new("MDL0107", "The stack has no count",
        "'{0}' is a stack of blocks without a count: put [Repeat(n)] on it");

    public static readonly DiagnosticRule WithoutEffect = new("MDL0108", "The attribute has no effect",
        "[{0}] on '{1}' has no effect: {2}");

    public static readonly DiagnosticRule ModelSize = new("MDL0109", "A size of the model is missing or out of range",
        "{0} of '{1}' is {2}: it must be from 1 to {3}");

    public static readonly DiagnosticRule BlockInItself = new("MDL0110", "A block contains itself",
        "'{0}' contains itself: {1}");

    public static readonly DiagnosticRule NotABlock = new("MDL0111", "The stack's type is no block",
        "'{0}' stacks '{1}', which is no [Block] class");

    public static readonly DiagnosticRule Empty = new("MDL0112", "No layers",
        "'{0}' declares no layers");

    public static readonly DiagnosticRule ModelOnlyLayer = new("MDL0113", "The layer belongs in a model",
        "'{0}' is an [{1}] in a block: declare it in the model");

    public static readonly DiagnosticRule OverBudget = new("MDL0114", "The model is over its budget",
        "'{0}' {1}, {2} more than its budget of {3}: most is in {4}");

    public static readonly DiagnosticRule TooLarge = new("MDL0115", "The model is larger than memory can be",
        "'{0}' has {1} parameters: {2} are the most, a tebibyte of floats");
}
