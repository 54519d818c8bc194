using System.Text.Json;
using System.Text.RegularExpressions;
using ModelDsl.TestSupport;

namespace ModelDsl.Package.Tests;

[Collection(LocalFeed.Name)]
public sealed class ConsumerTests(LocalFeed feed)
{
    [Fact]
    public void A_new_project_builds_without_warnings_trains_and_decodes()
    {
        string example = LocalFeed.Metadata("MinimalExample");
        string folder = feed.CreateConsoleProject("Consumer",
            ("Model.cs", File.ReadAllText(Path.Combine(example, "Model.cs"))), ("Program.cs", File.ReadAllText(Path.Combine(example, "Program.cs"))));
        CommandResult built = DotnetCommand.Run(folder, "build", "-c", "Release", "-o", "bin/run");
        Assert.True(built.ExitCode == 0, built.Output);
        CommandResult ran = DotnetCommand.Run(folder, "bin/run/Consumer.dll");
        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Contains("comes", ran.Output, StringComparison.Ordinal);

        // The package spares its users the slow tier.
        using JsonDocument configuration = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "bin/run/Consumer.runtimeconfig.json")));
        JsonElement settings = configuration.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.False(settings.GetProperty("System.Runtime.TieredPGO").GetBoolean());
    }

    [Fact]
    public void A_program_of_one_file_trains()
    {
        string folder = Directory.CreateDirectory(Path.Combine(feed.Root, "OneFile")).FullName;
        File.WriteAllText(Path.Combine(folder, "app.cs"), $$"""
            #:package ModelDsl@{{feed.Version}}
            using ModelDsl;

            using OneFileLm model = OneFileLm.Create(seed: 1);
            using Trainer trainer = model.CreateTrainer(new TrainerOptions { Batch = 1, Sequence = 16 });
            int[] ids = [.. Enumerable.Range(0, 17).Select(i => i * 5 % 32)];
            Console.WriteLine(trainer.Step(ids.AsSpan(0, 16), ids.AsSpan(1)));

            [Model(Width = 32, Context = 16)]
            sealed partial class OneFileLm
            {
                [Embedding(Vocabulary = 32)] public partial Embedding Tokens { get; }
                [PreNorm, Residual, GatedFfn(HiddenRatio = 2)] public partial Ffn Ffn { get; }
                [LanguageHead] public partial Head Head { get; }
            }
            """);
        CommandResult ran = DotnetCommand.Run(folder, "run", "app.cs");
        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Contains("step 1  loss 3.4", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_declaration_does_not_compile_and_is_reported_where_it_stands()
    {
        string folder = feed.CreateConsoleProject("Wrong", ("Program.cs", "Wrong.WrongLm.Create(seed: 1).Dispose();\n"), ("Model.cs", """
            using ModelDsl;

            namespace Wrong;

            [Model(Width = 32, Context = 16)]
            public sealed partial class WrongLm
            {
                [Embedding(Vocabulary = 32)] public partial Embedding Tokens { get; }
                [Repeat(2)] public partial BlockStack<WrongBlock> Blocks { get; }
                [LanguageHead] public partial Head Head { get; }
            }

            [Block]
            public sealed partial class WrongBlock
            {
                [PreNorm, Residual]
                [Attention(Heads = 3, Rotary = true)]
                public partial Attention Attention { get; }
            }
            """));
        CommandResult built = DotnetCommand.Run(folder, "build");
        Assert.NotEqual(0, built.ExitCode);
        // At the argument and at the model's member that gives the block its width; nothing else: what a wrong model generates lets the rest compile.
        string[] errors = [.. Regex.Matches(built.Output, @"(\w+\.cs\(\d+),\d+\): error (\w+)").Select(match => $"{match.Groups[1]}): {match.Groups[2]}").Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["Model.cs(17): MDL1002", "Model.cs(9): MDL1002"], errors);
    }

    [Fact]
    public void What_analyzers_of_the_sdk_say_wrongly_of_layers_is_silent()
    {
        string folder = feed.CreateConsoleProject("Analyzed",
            ("Directory.Build.props", "<Project><PropertyGroup><AnalysisLevel>latest-all</AnalysisLevel><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild></PropertyGroup></Project>"),
            (".editorconfig", "root = true\n[*.cs]\ndotnet_diagnostic.IDE0051.severity = warning\n"),
            ("Program.cs", "using Analyzed.Lm model = Analyzed.Lm.Create(seed: 1);\n"),
            ("Model.cs", """
                using ModelDsl;

                namespace Analyzed;

                [Model(Width = 32, Context = 16)]
                internal sealed partial class Lm
                {
                    [Embedding(Vocabulary = 32)] private partial Embedding Tokens { get; }
                    [Repeat(2)] private partial BlockStack<Layer> Layers { get; }
                    [LanguageHead(TiedTo = nameof(Tokens))] private partial Head Head { get; }
                    private static int Unused => 1;
                }

                [Model(Width = 32, Context = 16)]
                internal sealed partial class Invalid
                {
                    [RmsNorm(Epsilon = 0)] private partial Norm Norm { get; }
                    private partial Inner Inner { get; }
                }

                [Block]
                internal sealed partial class Layer
                {
                    [PreNorm, Residual, Attention(Heads = 2)] private partial Attention Attention { get; }
                }

                [Block]
                internal sealed partial class Inner
                {
                    [PreNorm, Residual, Ffn(HiddenRatio = 4)] private partial Ffn Ffn { get; }
                }

                internal sealed class NeverCreated;
                """));
        CommandResult built = DotnetCommand.Run(folder, "build");
        // Of the two that are silenced only what is right, so they did run; and nothing else is said of the models.
        string[] found = [.. Regex.Matches(built.Output, @"Model\.cs\((\d+),\d+\): \w+ (\w+)").Select(match => $"{match.Groups[2]} in line {match.Groups[1]}").Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["CA1812 in line 33", "IDE0051 in line 11", "MDL1001 in line 17"], found);
    }

    [Fact]
    public void One_command_mends_what_has_a_fix()
    {
        string folder = feed.CreateConsoleProject("Mended", ("Program.cs", "Mended.MendedLm.Create(seed: 1).Dispose();\n"), ("Model.cs", """
            using ModelDsl;

            namespace Mended;

            [Model(Width = 64, Context = 16)]
            public sealed class MendedLm
            {
                [RmsNorm] public Norm First { get; set; }
                [Embedding] public partial Embedding Tokens { get; }
                [Repeat(0)] public partial BlockStack<MendedBlock> Blocks { get; }
            }

            [Block]
            public sealed partial class MendedBlock
            {
                [PreNorm, Residual, Attention(Heads = 6)] public partial Attention Attention { get; }
                [PreNorm] [RmsNorm(Epsilon = 0)] public partial Norm Norm { get; }
            }

            """));
        CommandResult restored = DotnetCommand.Run(folder, "restore");
        Assert.True(restored.ExitCode == 0, restored.Output);
        CommandResult formatted = DotnetCommand.Run(folder, "format", "analyzers", "--no-restore", "--severity", "error");
        Assert.True(formatted.ExitCode == 0, formatted.Output);
        Assert.Equal(
            """
            using ModelDsl;

            namespace Mended;

            [Model(Width = 64, Context = 16)]
            public sealed partial class MendedLm
            {
                [Embedding(Vocabulary = 256)] public partial Embedding Tokens { get; }
                [RmsNorm] public partial Norm First { get; }
                [Repeat(1)] public partial BlockStack<MendedBlock> Blocks { get; }
                [LanguageHead(TiedTo = nameof(Tokens))] public partial Head Head { get; }
            }

            [Block]
            public sealed partial class MendedBlock
            {
                [PreNorm, Residual, Attention(Heads = 4)] public partial Attention Attention { get; }
                [RmsNorm] public partial Norm Norm { get; }
            }

            """,
            File.ReadAllText(Path.Combine(folder, "Model.cs")));
        CommandResult built = DotnetCommand.Run(folder, "build");
        Assert.True(built.ExitCode == 0, built.Output);
    }
}
