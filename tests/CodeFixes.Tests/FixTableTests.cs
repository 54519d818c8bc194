using System.Runtime.CompilerServices;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.CodeFixes.Tests;

/// <summary>Every rule has a fix that a test shows, or stands here with the reason why it has none.</summary>
public class FixTableTests
{
    private static readonly Dictionary<string, string> WithoutFix = new()
    {
        ["MDL0003"] = "what the type parameters stand for decides what to write instead",
        ["MDL0005"] = "the order of layers from several files is the user's to say",
        ["MDL0012"] = "the new name is the user's to choose, and an editor renames by itself",
        ["MDL0016"] = "what the constructor does has to go elsewhere",
        ["MDL0110"] = "which layer of the cycle is too many is the user's to say",
        ["MDL0112"] = "which layers are meant is the user's to say",
        ["MDL0114"] = "raising the limit keeps nothing within it, and making the model smaller is the user's to say",
        ["MDL0115"] = "which size is meant to be smaller is the user's to say",
        ["MDL9001"] = "a defect of the compiler",
        ["MDL9002"] = "the generator's summary of errors that have fixes of their own",
    };

    [Fact]
    public void EveryRuleHasAFixOrAReason() => Assert.Equal(
        DiagnosticCatalogue.All.Where(rule => rule.Severity != RuleSeverity.Silent).Select(rule => rule.Id),
        FixTable.Ids.Concat(WithoutFix.Keys).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryFixHasATest()
    {
        string tests = string.Concat(Directory.EnumerateFiles(Folder(), "*Tests.cs").Select(File.ReadAllText));
        Assert.DoesNotContain(FixTable.Ids, id => !tests.Contains($"FixHarness.Offers(\"{id}\"", StringComparison.Ordinal));
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
