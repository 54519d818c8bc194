using ModelDsl.TestSupport;

namespace ModelDsl.Package.Tests;

/// <summary>What a build takes from a clone's origin into packages and links.</summary>
[Collection(LocalFeed.Name)]
public sealed class RepositoryUrlTests(LocalFeed feed)
{
    [Theory]
    [InlineData("https://host.example/owner/name.git", "https://host.example/owner/name.git")]
    [InlineData("https://somebody:secret@host.example/owner/name.git", "https://host.example/owner/name.git")]
    [InlineData("git@host.example:owner/name.git", "https://host.example/owner/name.git")]
    [InlineData("ssh://git@host.example:2222/owner/name.git", "https://host.example/owner/name.git")]
    [InlineData("/home/somebody/name", "")]
    [InlineData("../name", "")]
    [InlineData("http://somebody@127.0.0.1:8080/owner/name", "")]
    [InlineData("git@alias:owner/name.git", "")]
    [InlineData(null, "")]
    public void The_address_is_that_of_the_origin_where_a_browser_could_open_it(string? origin, string expected)
    {
        string folder = Clone(origin);
        CommandResult read = DotnetCommand.Run(folder, "msbuild", "clone.csproj", "-nologo", "-target:InitializeSourceControlInformation", "-getProperty:RepositoryUrl");
        Assert.Equal((expected, 0), (read.Output.Trim(), read.ExitCode));
    }

    [Fact]
    public void The_address_is_in_the_assembly_and_the_package()
    {
        string folder = Clone("git@host.example:owner/name.git");
        CommandResult packed = DotnetCommand.Run(folder, "pack", "-c", "Release", "-o", "out");
        Assert.True(packed.ExitCode == 0, packed.Output);
        string attributes = File.ReadAllText(Assert.Single(Directory.GetFiles(folder, "clone.AssemblyInfo.cs", SearchOption.AllDirectories)));
        Assert.Contains("AssemblyMetadataAttribute(\"RepositoryUrl\", \"https://host.example/owner/name.git\")", attributes, StringComparison.Ordinal);
        string specification = File.ReadAllText(Assert.Single(Directory.GetFiles(folder, "*.nuspec", SearchOption.AllDirectories)));
        Assert.Contains("<repository type=\"git\" url=\"https://host.example/owner/name.git\"", specification, StringComparison.Ordinal);
    }

    /// <summary>A project in a repository without commits, as git would have written it.</summary>
    private string Clone(string? origin)
    {
        string folder = Directory.CreateDirectory(Path.Combine(feed.Root, "clone-" + Guid.NewGuid().ToString("N"))).FullName, git = Path.Combine(folder, ".git");
        foreach (string name in (string[])["objects", "refs"]) Directory.CreateDirectory(Path.Combine(git, name));
        File.WriteAllText(Path.Combine(git, "HEAD"), "ref: refs/heads/main\n");
        File.WriteAllText(Path.Combine(git, "config"), "[core]\n\trepositoryformatversion = 0\n" + (origin is null ? "" : $"[remote \"origin\"]\n\turl = {origin}\n"));
        File.WriteAllText(Path.Combine(folder, "Class.cs"), "namespace Clone;\n\npublic class Class;\n");
        File.WriteAllText(Path.Combine(folder, "clone.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <Import Project="{LocalFeed.Metadata("RepositoryTargets")}" />
            </Project>
            """);
        return folder;
    }
}
