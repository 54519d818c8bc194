namespace ModelDsl.Compiler.Diagnostics;

// Form: what decides whether code can be generated into a class or for a property at all.
internal static partial class DiagnosticCatalogue
{
    public static readonly DiagnosticRule ClassNotPartial = new("MDL0001", "The class is not partial",
        "'{0}' must be partial: the compiler adds its code in a second part of the class");

    public static readonly DiagnosticRule ClassKind = new("MDL0002", "The class cannot hold a model or a block",
        "'{0}' must not be {1}: it owns memory and is created by generated code");

    public static readonly DiagnosticRule ClassGeneric = new("MDL0003", "The class is generic",
        "'{0}' must not be generic nor nested in a generic type: every shape is known when it is compiled");

    public static readonly DiagnosticRule ClassNestedInNonPartial = new("MDL0004", "A containing type is not partial",
        "Every type around '{0}' must be partial: the compiler repeats them around the part it adds");

    public static readonly DiagnosticRule LayersInSeveralFiles = new("MDL0005", "Layers are declared in several files",
        "The layers of '{0}' stand in several files, so their order is ambiguous: declare all of them in one part of the class");

    public static readonly DiagnosticRule PropertyForm = new("MDL0006", "A layer's property has the wrong form",
        "'{0}' must be a partial instance property with only a getter and no body: '{1} partial {2} {0} {{ get; }}'");

    public static readonly DiagnosticRule PropertyType = new("MDL0007", "The property's type does not fit its attribute",
        "'{0}' has type '{1}', but [{2}] declares a layer of type '{3}'");

    public static readonly DiagnosticRule SeveralLayers = new("MDL0008", "Several layers on one property",
        "'{0}' declares several layers, [{1}] and [{2}]: give each a property of its own");

    public static readonly DiagnosticRule NoLayer = new("MDL0009", "The property declares no layer",
        "'{0}' declares no layer: put {1} on it");

    public static readonly DiagnosticRule Unresolved = new("MDL0010", "The declaration does not bind",
        "The declaration of '{0}' has errors of C#", RuleSeverity.Silent);

    public static readonly DiagnosticRule OutsideModel = new("MDL0011", "A layer outside of models and blocks",
        "[{0}] on '{1}' has no effect: its class '{2}' is neither a [Model] nor a [Block]");

    public static readonly DiagnosticRule ReservedName = new("MDL0012", "The name is taken",
        "'{0}' is the name of a member that every {1} gets, or begins like those of generated code: use another name");

    public static readonly DiagnosticRule HiddenLayer = new("MDL0013", "A public block hides a layer",
        "'{0}' must be public like its block '{1}': models in other assemblies cannot see it, and would be compiled without it");

    public static readonly DiagnosticRule UndefinedValue = new("MDL0014", "The value is not defined",
        "{0} = {1} is no value of its enum");

    public static readonly DiagnosticRule ModelAndBlock = new("MDL0015", "A class is both model and block",
        "'{0}' is marked [Model] and [Block]: declare two classes");

    public static readonly DiagnosticRule Construction = new("MDL0016", "Generated code cannot create the class",
        "'{0}' {1}: generated code creates it, by the one constructor that it adds");
}
