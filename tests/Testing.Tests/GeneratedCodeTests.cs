namespace ModelDsl.Testing.Tests;

/// <summary>One class, one after the other: acceptance is a variable of the process.</summary>
public sealed class GeneratedCodeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("modeldsl-").FullName;

    [Fact]
    public void WhatWasAcceptedMatchesUntilItChanges()
    {
        string accepted = Path.Combine(folder, "Accepted");
        Assert.Contains("has not been accepted yet", Failure(accepted), StringComparison.Ordinal);
        Accept(accepted);
        string[] files = [.. Directory.GetFiles(accepted).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Contains("ModelDsl.Testing.Tests.LlamaLm.Surface.g.cs.txt", files);
        Assert.All(files, file => Assert.EndsWith(".g.cs.txt", file, StringComparison.Ordinal));
        Assert.Contains("partial class LlamaLm", File.ReadAllText(Path.Combine(accepted, "ModelDsl.Testing.Tests.LlamaLm.Surface.g.cs.txt")), StringComparison.Ordinal);
        GeneratedCode.Matches(typeof(LlamaLm).Assembly, accepted);

        string file = Path.Combine(accepted, files[0]);
        string text = File.ReadAllText(file);
        // Line ends of another system are no difference.
        File.WriteAllText(file, text.Replace("\n", "\r\n", StringComparison.Ordinal));
        GeneratedCode.Matches(typeof(LlamaLm).Assembly, accepted);

        string[] lines = text.Split('\n');
        lines[2] = "// something else";
        File.WriteAllText(file, string.Join('\n', lines));
        string failure = Failure(accepted);
        Assert.Contains($"1 of {files.Length} files", failure, StringComparison.Ordinal);
        Assert.Contains($"differs first at line 3:\n- // something else\n+ {text.Split('\n')[2]}\n", failure, StringComparison.Ordinal);
        Assert.Contains("SNAPSHOT_ACCEPT=1", failure, StringComparison.Ordinal);

        File.WriteAllText(file, text + "\nmore");
        Assert.Contains("+ (end of the file)", Failure(accepted), StringComparison.Ordinal);

        File.Delete(file);
        File.WriteAllText(Path.Combine(accepted, "Gone.g.cs.txt"), "");
        File.WriteAllText(Path.Combine(accepted, "notes.txt"), "");
        failure = Failure(accepted);
        Assert.Contains($"2 of {files.Length + 1} files", failure, StringComparison.Ordinal);
        Assert.Contains("That deletes Gone.g.cs, which", failure, StringComparison.Ordinal);
        Accept(accepted);
        GeneratedCode.Matches(typeof(LlamaLm).Assembly, accepted);
        Assert.False(File.Exists(Path.Combine(accepted, "Gone.g.cs.txt")));
        Assert.True(File.Exists(Path.Combine(accepted, "notes.txt")));
    }

    [Fact]
    public void AnAssemblyWithoutModelsOrSymbolsIsSaid()
    {
        Assert.Contains("hold no code of ModelDsl.Generators", Failure(folder, typeof(ModelChecks).Assembly), StringComparison.Ordinal);
        Assert.Contains("has no symbols", Failure(folder, typeof(object).Assembly), StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderIsRelativeToTheFileThatCalls()
    {
        string failure = Assert.Throws<ModelCheckException>(() => GeneratedCode.Matches(typeof(LlamaLm).Assembly, "Nowhere")).Message;
        Assert.Contains(Path.Combine("tests", "Testing.Tests", "Nowhere"), failure, StringComparison.Ordinal);
        failure = Assert.Throws<ModelCheckException>(() => GeneratedCode.Matches(typeof(LlamaLm).Assembly, "Nowhere", "/_/Tests/Test.cs")).Message;
        Assert.Contains("Give an absolute path", failure, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Failure(string accepted, System.Reflection.Assembly? assembly = null)
        => Assert.Throws<ModelCheckException>(() => GeneratedCode.Matches(assembly ?? typeof(LlamaLm).Assembly, accepted)).Message;

    private static void Accept(string accepted)
    {
        string? before = Environment.GetEnvironmentVariable(GeneratedCode.AcceptVariable);
        Environment.SetEnvironmentVariable(GeneratedCode.AcceptVariable, "1");
        try
        {
            GeneratedCode.Matches(typeof(LlamaLm).Assembly, accepted);
        }
        finally
        {
            Environment.SetEnvironmentVariable(GeneratedCode.AcceptVariable, before);
        }
    }
}
