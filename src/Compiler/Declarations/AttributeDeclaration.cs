namespace ModelDsl.Compiler.Declarations;

/// <summary>An attribute as written. Adding a layer needs no change in how attributes are read.</summary>
/// <param name="Name">The attribute class's name without the suffix <c>Attribute</c>.</param>
/// <param name="Arguments">Constructor arguments under their parameters' names and named arguments under theirs, only those written.</param>
internal sealed record AttributeDeclaration(string Name, EquatableArray<ArgumentDeclaration> Arguments)
{
    /// <summary>The attribute with another value of an argument.</summary>
    public AttributeDeclaration With(string name, object value)
        => this with { Arguments = Arguments.Where(argument => argument != Find(name)).Append(new ArgumentDeclaration(name, value)).ToEquatableArray() };

    /// <summary>Whether the argument was written. Names compare without case: a constructor's <c>count</c> is the property <c>Count</c>.</summary>
    public bool Has(string name) => Find(name) is not null;

    public int Int(string name, int otherwise) => Find(name)?.Value is { } value ? Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    public long Long(string name, long otherwise) => Find(name)?.Value is { } value ? Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    public double Double(string name, double otherwise) => Find(name)?.Value is { } value ? Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    public bool Bool(string name, bool otherwise) => Find(name)?.Value is bool value ? value : otherwise;

    public string? String(string name) => Find(name)?.Value as string;

    /// <summary>An enum argument by its member's name, which the reader stores as text.</summary>
    public TEnum Enum<TEnum>(string name, TEnum otherwise) where TEnum : struct
        => Find(name)?.Value is string text && System.Enum.TryParse(text, out TEnum value) ? value : otherwise;

    private ArgumentDeclaration? Find(string name)
        => Arguments.FirstOrDefault(argument => string.Equals(argument.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>An argument of an attribute.</summary>
/// <param name="Name">The parameter's or property's name.</param>
/// <param name="Value">An int, long, double, bool, string, the name of an enum member, or null where it does not bind.</param>
internal sealed record ArgumentDeclaration(string Name, object? Value);
