namespace ModelDsl.Compiler.Declarations;

/// <summary>Where a declared class lives, as the generated part must repeat it.</summary>
/// <param name="Namespace">Its namespace, empty for the global one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Accessibility"><c>public</c>, <c>internal</c>, ... as written in C#.</param>
/// <param name="Containers">Headers of the types it is nested in, outermost first, such as <c>partial class Outer</c>.</param>
internal sealed record TypeIdentity(string Namespace, string Name, string Accessibility, EquatableArray<string> Containers)
{
    /// <summary>Namespace, containers and name joined by dots: unique, and the stem of the generated files' names.</summary>
    public string FullName
    {
        get
        {
            string path = string.Join(".", Containers.Select(header => header.Substring(header.LastIndexOf(' ') + 1)).Append(Name));
            return Namespace.Length == 0 ? path : Namespace + "." + path;
        }
    }
}
