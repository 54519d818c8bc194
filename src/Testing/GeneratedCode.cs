using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using ModelDsl.Testing.Snapshots;

namespace ModelDsl;

/// <summary>
/// Compares the code that was generated for the models of a project with files that somebody read and accepted, so that a change of the
/// generated code, by an edit of a model or by a new version of ModelDsl, shows in a review as a difference of files.
/// </summary>
public static class GeneratedCode
{
    /// <summary>Set to 1, it makes <see cref="Matches"/> write the accepted files instead of comparing with them.</summary>
    public const string AcceptVariable = "SNAPSHOT_ACCEPT";

    private const string Extension = ".txt";

    /// <summary>
    /// Checks that all files that ModelDsl generated for an assembly equal the accepted ones. The texts are read from the assembly's symbols,
    /// where the compiler keeps what it generated: the project needs no setting.
    /// </summary>
    /// <param name="assembly">The assembly with the models: <c>typeof(MyModel).Assembly</c>.</param>
    /// <param name="acceptedFolder">
    /// Folder of the accepted files, one <c>NAME.g.cs.txt</c> a generated file; relative to the folder of the file that calls. It is made and filled
    /// where the environment variable SNAPSHOT_ACCEPT is 1. Every such file in it that was not generated for this assembly is then deleted: give each
    /// assembly a folder of its own.
    /// </param>
    /// <param name="callerFile">Given by the compiler.</param>
    /// <exception cref="ModelCheckException">
    /// A file differs, is new or is missing: the message has the first line that differs. Or the assembly has no symbols, or no generated code.
    /// </exception>
    public static void Matches(Assembly assembly, string acceptedFolder, [CallerFilePath] string callerFile = "")
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(acceptedFolder);
        string folder = Resolve(acceptedFolder, callerFile);
        SortedDictionary<string, string> generated = EmbeddedSources.Of(assembly);
        string[] stale = [.. AcceptedNames(folder).Where(name => !generated.ContainsKey(name))];
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            Directory.CreateDirectory(folder);
            foreach ((string name, string text) in generated)
            {
                if (Accepted(folder, name) != text) File.WriteAllText(PathOf(folder, name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            }

            foreach (string name in stale) File.Delete(PathOf(folder, name));
            return;
        }

        string[] changed = [.. generated.Where(file => Accepted(folder, file.Key) != file.Value).Select(file => file.Key), .. stale];
        if (changed.Length == 0) return;
        string first = changed[0];
        string deleted = stale.Length == 0 ? "" : $" That deletes {string.Join(", ", stale.Take(8))}{(stale.Length > 8 ? ", …" : "")}, which this "
            + $"assembly no longer has: if they are another assembly's, give each a folder of its own.";
        throw new ModelCheckException(CultureInfo.InvariantCulture,
            $"The code generated for '{assembly.GetName().Name}' is not the accepted one: {changed.Length} of {generated.Count + stale.Length} files "
            + $"in '{folder}' differ. {Difference(first, Accepted(folder, first), generated.GetValueOrDefault(first))}\nIf that is what you want, run "
            + $"the test with the environment variable {AcceptVariable}=1, read the difference of the files, and commit them.{deleted}");
    }

    private static string Difference(string name, string? accepted, string? generated)
    {
        if (accepted is null) return $"'{name}' has not been accepted yet.";
        if (generated is null) return $"'{name}' is accepted, but not generated.";
        string[] before = accepted.Split('\n'), now = generated.Split('\n');
        int line = 0;
        while (line < before.Length && line < now.Length && before[line] == now[line]) line++;
        return $"'{name}' differs first at line {line + 1}:\n- {Line(before)}\n+ {Line(now)}";

        string Line(string[] lines) => line < lines.Length ? lines[line] : "(end of the file)";
    }

    private static string Resolve(string folder, string callerFile)
    {
        if (Path.IsPathFullyQualified(folder)) return folder;
        string? caller = Path.GetDirectoryName(callerFile);
        // Builds with mapped paths know no folder of this machine.
        if (string.IsNullOrEmpty(caller) || !Directory.Exists(caller))
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The folder '{folder}' is relative to '{caller}', the folder of the test as it was compiled, which does not exist here: the build "
                + $"maps paths (PathMap, ContinuousIntegrationBuild), or the test was built elsewhere. Give an absolute path.");
        }

        return Path.GetFullPath(folder, caller);
    }

    private static IEnumerable<string> AcceptedNames(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*.g.cs" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)
        : [];

    // Line ends are whatever the version control made of them.
    private static string? Accepted(string folder, string name) => File.Exists(PathOf(folder, name))
        ? File.ReadAllText(PathOf(folder, name)).Replace("\r\n", "\n", StringComparison.Ordinal)
        : null;

    private static string PathOf(string folder, string name) => Path.Combine(folder, name + Extension);
}
