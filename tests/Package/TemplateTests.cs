using System.Text.RegularExpressions;
using ModelDsl.TestSupport;

namespace ModelDsl.Package.Tests;

[Collection(LocalFeed.Name)]
public sealed class TemplateTests(LocalFeed feed)
{
    [Fact]
    public void A_project_of_the_template_builds_without_warnings_and_trains_at_once()
    {
        // A name that is no namespace.
        string folder = Create("modeldsl", "-o", "First-Model");
        Assert.Contains($"\"{feed.Version}\"", File.ReadAllText(Path.Combine(folder, "First-Model.csproj")), StringComparison.Ordinal);
        CommandResult built = DotnetCommand.Run(folder, "build", "-c", "Release", "-o", "bin/run", "-p:TreatWarningsAsErrors=true", "-p:WarningsNotAsErrors=NU1603");
        Assert.True(built.ExitCode == 0, built.Output);

        CommandResult ran = DotnetCommand.Run(folder, "bin/run/First-Model.dll", "5");
        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Equal(["1", "5"], Regex.Matches(ran.Output, @"^step (\d+)  loss [1-6]\.", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
        Assert.True(File.Exists(Path.Combine(folder, "out/model.safetensors")));
    }

    [Fact]
    public void A_block_may_be_named_as_a_layer_is()
    {
        string folder = Create("modeldsl-block", "-n", "Attention");
        CommandResult built = DotnetCommand.Run(folder, "build", "-c", "Release", "-p:TreatWarningsAsErrors=true", "-p:WarningsNotAsErrors=NU1603");
        Assert.True(built.ExitCode == 0, built.Output);
    }

    [Fact]
    public void A_block_of_the_template_builds_without_warnings_and_its_tests_pass()
    {
        string folder = Create("modeldsl-block", "-n", "First-Try");
        Assert.True(File.Exists(Path.Combine(folder, "First-Try/First-TryBlock.cs")));
        // Where the package's compiler keeps what it generates, for a model and for a block in another assembly.
        File.WriteAllText(Path.Combine(folder, "First-Try.Tests/AcceptedCodeTests.cs"), """
            using ModelDsl;

            namespace First_Try.Tests;

            public class AcceptedCodeTests
            {
                [Fact]
                public void IsRead()
                {
                    Assert.Contains("'First_Try.Tests.BlockFunction.", Failure(typeof(BlockModel)), StringComparison.Ordinal);
                    Assert.Contains("'First_Try.First_TryBlock.", Failure(typeof(First_TryBlock)), StringComparison.Ordinal);
                }

                private static string Failure(Type type) => Assert.Throws<ModelCheckException>(() => GeneratedCode.Matches(type.Assembly, "Accepted")).Message;
            }
            """);
        CommandResult tested = DotnetCommand.Run(folder, "test", "-m:1", "-p:TreatWarningsAsErrors=true", "-p:WarningsNotAsErrors=NU1603");
        Assert.True(tested.ExitCode == 0, tested.Output);
        Assert.Matches(@"Passed!\s+- Failed:\s+0, Passed:\s+5, Skipped:\s+0", tested.Output);
    }

    /// <summary>Makes a project in a folder of its name.</summary>
    private string Create(string template, string option, string name)
    {
        // Templates of their own, beside those that this machine's user has installed.
        string[] hive = ["--debug:custom-hive", Path.Combine(feed.Root, "hive")];
        if (!Directory.Exists(hive[1]))
        {
            CommandResult installed = DotnetCommand.Run(feed.Root, ["new", "install", feed.TemplatesFile, .. hive]);
            Assert.True(installed.ExitCode == 0, installed.Output);
        }

        CommandResult created = DotnetCommand.Run(feed.Root, ["new", template, option, name, .. hive]);
        Assert.True(created.ExitCode == 0, created.Output);
        return Path.Combine(feed.Root, name);
    }
}
