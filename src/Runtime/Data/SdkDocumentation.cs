using System.Globalization;
using System.Runtime.InteropServices;

namespace ModelDsl.Data;

/// <summary>Finds the English API documentation that every .NET SDK brings: <c>packs/*/*/ref/net*/*.xml</c> under its root.</summary>
internal static class SdkDocumentation
{
    /// <summary>The documentation files of the newest version of each pack, each name once, in a fixed order.</summary>
    /// <param name="roots">Where to look; the first place with any file is taken.</param>
    public static string[] Find(IEnumerable<string> roots)
    {
        foreach (string root in roots)
        {
            string packs = Path.Combine(root, "packs");
            if (!Directory.Exists(packs)) continue;
            // Packs repeat each other's files: the same text twice would be in training and in validation.
            string[] files = [.. Directory.GetDirectories(packs).Order(StringComparer.Ordinal).SelectMany(Newest).DistinctBy(Path.GetFileName, StringComparer.Ordinal)];
            if (files.Length > 0) return files;
        }

        return [];
    }

    /// <summary>Places where an SDK may be, the likeliest first.</summary>
    public static IEnumerable<string> Roots()
    {
        List<string?> roots = [Environment.GetEnvironmentVariable("DOTNET_ROOT")];
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host) roots.Add(RootOfHost(host));
        if (Environment.ProcessPath is { } process && Path.GetFileNameWithoutExtension(process) == "dotnet") roots.Add(RootOfHost(process));
        // shared/Microsoft.NETCore.App/<version>/ under the root
        roots.Add(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        string executable = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, executable);
            if (File.Exists(candidate)) roots.Add(RootOfHost(candidate));
        }

        roots.AddRange(["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet"]);
        roots.Add(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet"));
        roots.Add(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet"));
        return roots.OfType<string>().Where(root => root.Length > 0).Distinct(StringComparer.Ordinal);
    }

    private static string? RootOfHost(string host)
    {
        try
        {
            return Path.GetDirectoryName(new FileInfo(host) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : Path.GetFullPath(host));
        }
        catch (IOException)
        {
            return null; // a broken link on the search path
        }
    }

    private static IEnumerable<string> Newest(string pack)
    {
        IEnumerable<string> versions = Directory.GetDirectories(pack).OrderByDescending(VersionOf).ThenByDescending(version => version, StringComparer.Ordinal);
        foreach (string version in versions)
        {
            string reference = Path.Combine(version, "ref");
            if (!Directory.Exists(reference)) continue;
            string? framework = Directory.GetDirectories(reference, "net*").OrderByDescending(VersionOf).FirstOrDefault();
            if (framework is null) continue;
            string[] files = Directory.GetFiles(framework, "*.xml");
            if (files.Length > 0) return files.Order(StringComparer.Ordinal);
        }

        return [];
    }

    // "10.0.12", "net10.0", "11.0.0-preview.1" by number, not by character.
    private static (int, int, int) VersionOf(string path)
    {
        string name = Path.GetFileName(path).TrimStart('n', 'e', 't');
        int[] parts = [.. name.Split('-')[0].Split('.').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0), 0, 0, 0];
        return (parts[0], parts[1], parts[2]);
    }
}
