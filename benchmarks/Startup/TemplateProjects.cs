using System.Globalization;
using ModelDsl.Benchmarks.Ratios;
using ModelDsl.TestSupport;

namespace ModelDsl.Benchmarks.Startup;

/// <summary>Projects made by <c>dotnet new modeldsl</c> from the packages of this repository, as a user would have them.</summary>
internal sealed class TemplateProjects
{
    private readonly string _root, _hive;

    /// <summary>Packs the compiler and the templates, and installs the templates for this folder alone.</summary>
    /// <param name="repository">The root of the repository.</param>
    /// <param name="root">A folder outside of it, where no settings of the repository apply.</param>
    public TemplateProjects(string repository, string root)
    {
        _root = root;
        _hive = Path.Combine(root, "hive");
        // New at each run: no cache can answer for it.
        string version = string.Create(CultureInfo.InvariantCulture, $"0.1.0-startup.{DateTime.UtcNow:yyyyMMddHHmmss}"), feed = Path.Combine(root, "feed");
        foreach (string project in (string[])["Package", "Templates"])
            Dotnet(root, "pack", Path.Combine(repository, "src", project), "-c", "Release", "-o", feed, $"-p:PackageVersion={version}", $"-p:NuspecOutputPath={Path.Combine(root, "nuspec")}/");

        // ModelDsl comes from the feed alone, all else from the machine's sources.
        File.WriteAllText(Path.Combine(root, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(root, "packages")}" /></config>
              <packageSources><add key="modeldsl" value="{feed}" /></packageSources>
            </configuration>
            """);
        Dotnet(root, "new", "install", Path.Combine(feed, $"ModelDsl.Templates.{version}.nupkg"), "--debug:custom-hive", _hive);
    }

    /// <summary>Makes a project and builds it.</summary>
    /// <param name="name">Name of the project, its folder and its program.</param>
    /// <param name="files">Files that replace the template's of the same name.</param>
    /// <returns>The project's folder, and the program in it.</returns>
    public (string Folder, string Program) Build(string name, params (string Name, string Source)[] files)
    {
        Dotnet(_root, "new", "modeldsl", "-o", name, "--debug:custom-hive", _hive);
        string folder = Path.Combine(_root, name);
        foreach ((string file, string source) in files) File.Copy(source, Path.Combine(folder, file), overwrite: true);
        Dotnet(folder, "build", "-c", "Release");
        return (folder, Path.Combine(folder, "bin/Release/net10.0", name + ".dll"));
    }

    /// <summary>Runs the SDK.</summary>
    /// <exception cref="BenchmarkException">It failed.</exception>
    public static void Dotnet(string folder, params string[] arguments)
    {
        CommandResult result = DotnetCommand.Run(folder, arguments);
        if (result.ExitCode != 0) throw new BenchmarkException($"dotnet {string.Join(' ', arguments)} failed:\n{result.Output}");
    }
}
