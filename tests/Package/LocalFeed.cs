using System.Reflection;
using ModelDsl.TestSupport;

namespace ModelDsl.Package.Tests;

/// <summary>The package in a folder outside the repository, and projects beside it that use it as any user's project would.</summary>
[CollectionDefinition(Name)]
public sealed class LocalFeed : ICollectionFixture<LocalFeed>, IDisposable
{
    /// <summary>Name of the collection of tests that share one packing.</summary>
    public const string Name = "Package";

    /// <summary>Packs what is built already.</summary>
    public LocalFeed()
    {
        // New at each run: no cache can answer for it.
        Version = $"0.1.0-test.{DateTime.UtcNow:yyyyMMddHHmmss}.{Environment.ProcessId}";
        string feed = Directory.CreateDirectory(Path.Combine(Root, "feed")).FullName;
        PackageFile = Pack("PackageProject", "ModelDsl", feed);
        TestingFile = Pack("TestingProject", "ModelDsl.Testing", feed);
        TemplatesFile = Pack("TemplatesProject", "ModelDsl.Templates", feed);

        // The ordinary sources and the machine's packages serve the dependency; ModelDsl can come from the feed alone.
        File.WriteAllText(Path.Combine(Root, "NuGet.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(Root, "packages")}" /></config>
              <packageSources><add key="modeldsl" value="{feed}" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{Metadata("PackageCache")}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>The version under which the package was made.</summary>
    public string Version { get; }

    /// <summary>Path of the package.</summary>
    public string PackageFile { get; }

    /// <summary>Path of the package of checks.</summary>
    public string TestingFile { get; }

    /// <summary>Path of the package of templates.</summary>
    public string TemplatesFile { get; }

    /// <summary>A folder outside the repository in which projects see the feed.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("modeldsl-package-").FullName;

    /// <summary>A console project that references nothing but the package, and treats warnings as errors.</summary>
    /// <param name="name">Name of its folder and assembly.</param>
    /// <param name="files">Names and texts of its files.</param>
    /// <returns>Its folder.</returns>
    public string CreateConsoleProject(string name, params (string Name, string Text)[] files)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        // A newer dependency than the one asked for is taken where a source lacks the exact one: NU1603.
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1603</WarningsNotAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="ModelDsl" Version="{Version}" />
              </ItemGroup>
            </Project>
            """);
        foreach ((string file, string text) in files) File.WriteAllText(Path.Combine(folder, file), text);
        return folder;
    }

    private string Pack(string project, string id, string feed)
    {
        CommandResult packed = DotnetCommand.Run(Root, "pack", Metadata(project), "--no-build", "-c", Metadata("Configuration"), "-o", feed,
            $"-p:PackageVersion={Version}", $"-p:NuspecOutputPath={Path.Combine(Root, "nuspec")}/");
        Assert.True(packed.ExitCode == 0, packed.Output);
        return Path.Combine(feed, $"{id}.{Version}.nupkg");
    }

    /// <summary>A value that the build wrote into the assembly.</summary>
    public static string Metadata(string key) =>
        typeof(LocalFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
