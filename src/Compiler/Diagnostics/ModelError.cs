namespace ModelDsl.Compiler.Diagnostics;

/// <summary>Where a finding belongs, without any syntax: resolved to a location by whoever reports it.</summary>
/// <param name="Type">Full name of the model or block class.</param>
/// <param name="Member">The property, or null for the class itself.</param>
/// <param name="Attribute">The attribute (without suffix), or null for the member itself.</param>
/// <param name="Argument">The argument, or null for the attribute itself.</param>
internal sealed record DeclarationTarget(string Type, string? Member = null, string? Attribute = null, string? Argument = null);

/// <summary>A rule that a declaration breaks.</summary>
/// <param name="Id">The id in the catalogue.</param>
/// <param name="Target">Where.</param>
/// <param name="Arguments">Values for the placeholders of the catalogue's message.</param>
/// <param name="Suggestions">
/// What mends it, best first, as C# text that code fixes put in. About an argument, <c>Heads = 8</c> is how it should be written and <c>Heads</c> alone says to leave it out;
/// else the rule decides what they are: keywords to remove, an attribute to add, a type, a property's name.
/// </param>
internal sealed record ModelError(string Id, DeclarationTarget Target, EquatableArray<string> Arguments, EquatableArray<string> Suggestions = default)
{
    /// <summary>The finding with what mends it.</summary>
    public ModelError Suggesting(params IEnumerable<string> suggestions) => this with { Suggestions = suggestions.ToEquatableArray() };
}
