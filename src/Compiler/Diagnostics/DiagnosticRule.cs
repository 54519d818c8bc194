using System.Globalization;

namespace ModelDsl.Compiler.Diagnostics;

/// <summary>How grave a finding is.</summary>
internal enum RuleSeverity
{
    /// <summary>A hint: the model works.</summary>
    Suggestion,

    /// <summary>The model works, hardly as meant.</summary>
    Warning,

    /// <summary>No correct code exists.</summary>
    Error,

    /// <summary>C# reports it already, so it only stops the compiler: never shown.</summary>
    Silent,
}

/// <summary>A rule of the catalogue.</summary>
/// <param name="Id">Its id, such as <c>MDL0001</c>.</param>
/// <param name="Title">What is wrong, in a few words.</param>
/// <param name="Message">The message; <c>{0}</c>, <c>{1}</c>, ... take the finding's arguments.</param>
/// <param name="Severity">How grave.</param>
internal sealed record DiagnosticRule(string Id, string Title, string Message, RuleSeverity Severity = RuleSeverity.Error)
{
    /// <summary>Family of rules, by the id's first digit.</summary>
    public string Category => Id[3] switch
    {
        '0' => Id[4] == '0' ? "ModelDsl.Form" : "ModelDsl.Structure",
        '1' => "ModelDsl.Shapes",
        '2' => "ModelDsl.Precision",
        '3' => "ModelDsl.Bodies",
        '4' => "ModelDsl.Backends",
        '5' => "ModelDsl.Performance",
        _ => "ModelDsl.Internal",
    };

    /// <summary>A finding of this rule.</summary>
    public ModelError At(DeclarationTarget target, params string[] arguments) => new(Id, target, arguments.ToEquatableArray());

    /// <summary>The message of a finding.</summary>
    public string Format(ModelError error) => string.Format(CultureInfo.InvariantCulture, Message, [.. error.Arguments]);
}
