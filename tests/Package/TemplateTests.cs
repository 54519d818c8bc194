using System.Text.RegularExpressions;

namespace ModelDsl.Package.Tests;

[Collection(LocalFeed.Name)]
public sealed class TemplateTests(LocalFeed feed)
{
    [Fact]
    public void A_project_of_the_template_builds_without_warnings_and_trains_at_once()
    {
        // Templates of their own, beside those that this machine's user has installed.
        string[] hive = ["--debug:custom-hive", Path.Combine(feed.Root, "hive")];
        CommandResult installed = DotnetCommand.Run(feed.Root, ["new", "install", feed.TemplatesFile, .. hive]);
        Assert.True(installed.ExitCode == 0, installed.Output);
        // A name that is no namespace.
        CommandResult created = DotnetCommand.Run(feed.Root, ["new", "modeldsl", "-o", "First-Model", .. hive]);
        Assert.True(created.ExitCode == 0, created.Output);

        string folder = Path.Combine(feed.Root, "First-Model");
        Assert.Contains($"\"{feed.Version}\"", File.ReadAllText(Path.Combine(folder, "First-Model.csproj")), StringComparison.Ordinal);
        CommandResult built = DotnetCommand.Run(folder, "build", "-c", "Release", "-o", "bin/run", "-p:TreatWarningsAsErrors=true", "-p:WarningsNotAsErrors=NU1603");
        Assert.True(built.ExitCode == 0, built.Output);

        CommandResult ran = DotnetCommand.Run(folder, "bin/run/First-Model.dll", "5");
        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Equal(["1", "5"], Regex.Matches(ran.Output, @"^step (\d+)  loss [1-6]\.", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
        Assert.True(File.Exists(Path.Combine(folder, "out/model.safetensors")));
    }
}
