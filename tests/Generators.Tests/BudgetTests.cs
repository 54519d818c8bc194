using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelDsl.TestSupport;

namespace ModelDsl.Generators.Tests;

/// <summary>Generated code and the generator stay within their budgets: past some sizes the JIT stops optimising, and editors wait for each keystroke.</summary>
public class BudgetTests
{
    private const int Lines = 4000;
    private const int BytesOfIL = 16 * 1024;
    private const int Locals = 256;

    // Budgets of time are 100 ms and 5 ms on an idle machine; tests run on busy ones.
    private const double Slack = 5;

    [Fact]
    public void GeneratedMethodsAreSmall()
    {
        Compilation output = ModelCompilation.WithGenerated(ModelCompilation.Create("Demo", [Sources.Deep]));
        using MemoryStream image = new();
        Assert.True(output.Emit(image).Success, string.Join("\n", ModelCompilation.Problems(output)));
        image.Position = 0;
        using PEReader file = new(image);
        MetadataReader metadata = file.GetMetadataReader();
        List<string> tooLarge = [];
        foreach (MethodDefinition method in metadata.MethodDefinitions.Select(metadata.GetMethodDefinition))
        {
            if (method.RelativeVirtualAddress == 0) continue;
            MethodBodyBlock body = file.GetMethodBody(method.RelativeVirtualAddress);
            int locals = body.LocalSignature.IsNil ? 0 : CountLocals(metadata, body.LocalSignature);
            if (body.GetILBytes()!.Length > BytesOfIL || locals > Locals)
                tooLarge.Add($"{metadata.GetString(metadata.GetTypeDefinition(method.GetDeclaringType()).Name)}.{metadata.GetString(method.Name)}: {body.GetILBytes()!.Length} bytes, {locals} locals");
        }

        Assert.Empty(tooLarge);
    }

    [Fact]
    public void GeneratedTextIsShort()
    {
        GeneratorHarness run = GeneratorHarness.Run(Sources.Deep);
        int lines = run.Result.GeneratedSources.Sum(source => source.SourceText.Lines.Count);
        Assert.InRange(lines, 500, Lines);
    }

    [Fact]
    public void TheGeneratorIsFast()
    {
        CSharpCompilation compilation = ModelCompilation.Create("Demo", [Sources.Deep]);
        SyntaxTree declaration = compilation.SyntaxTrees.Single(tree => tree.ToString().Contains("class Deep", StringComparison.Ordinal));
        GeneratorDriver driver = ModelCompilation.Driver().RunGenerators(compilation);
        List<double> compile = [], unrelated = [];
        for (int run = 0; run < 5; run++)
        {
            SyntaxTree edited = ModelCompilation.Parse(Sources.Deep.Replace("Width = 256", $"Width = {320 + 64 * run}", StringComparison.Ordinal), declaration.FilePath);
            CSharpCompilation changed = compilation.ReplaceSyntaxTree(declaration, edited);
            compile.Add(Time(() => driver = driver.RunGenerators(changed)));
            CSharpCompilation other = changed.AddSyntaxTrees(ModelCompilation.Parse($"class Other{run} {{ }}", $"/src/Other{run}.cs"));
            unrelated.Add(Time(() => driver = driver.RunGenerators(other)));
        }

        Assert.InRange(compile.Min(), 0, 100 * Slack);
        Assert.InRange(unrelated.Min(), 0, 5 * Slack);
        Console.WriteLine($"compile {compile.Min():N1} ms, unrelated edit {unrelated.Min():N1} ms");
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static int CountLocals(MetadataReader metadata, StandaloneSignatureHandle handle)
    {
        BlobReader blob = metadata.GetBlobReader(metadata.GetStandaloneSignature(handle).Signature);
        blob.ReadSignatureHeader();
        return blob.ReadCompressedInteger();
    }
}
