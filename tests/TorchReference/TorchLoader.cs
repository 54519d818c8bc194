using System.Reflection;
using System.Runtime.InteropServices;

namespace ModelDsl.TorchReference;

/// <summary>Loads TorchSharp's native libraries from the package cache; to be called before TorchSharp is first touched.</summary>
internal static class TorchLoader
{
    private static readonly (string? Unavailable, bool Patched) Outcome = LoadOnce();

    /// <summary>Why there is no TorchSharp here, or null where it is loaded.</summary>
    public static string? Unavailable => Outcome.Unavailable;

    /// <summary>Whether the system's libstdc++ was too old for the library as it is shipped.</summary>
    public static bool Patched => Outcome.Patched;

    /// <summary>Loads the libraries, once.</summary>
    /// <exception cref="PlatformNotSupportedException">There are none for this system.</exception>
    public static void Load()
    {
        if (Unavailable is { } reason) throw new PlatformNotSupportedException(reason);
    }

    private static (string?, bool) LoadOnce()
    {
        (string rid, string prefix, string suffix) = (OperatingSystem.IsWindows(), OperatingSystem.IsMacOS()) switch
        {
            (true, _) => ("win-x64", "", ".dll"),
            (_, true) => ("osx-arm64", "lib", ".dylib"),
            _ => ("linux-x64", "lib", ".so"),
        };
        if (!rid.EndsWith(RuntimeInformation.ProcessArchitecture.ToString(), StringComparison.OrdinalIgnoreCase))
            return ($"TorchSharp has no libraries for {RuntimeInformation.RuntimeIdentifier}.", false);

        // libtorch-cpu only refers to libtorch-cpu-<system> of the same version, next to it in the cache.
        string meta = Package("LibTorchPackage");
        string torch = Path.Combine(meta, "..", "..", $"libtorch-cpu-{rid}", Path.GetFileName(meta), "runtimes", rid, "native");
        string sharp = Path.Combine(Package("TorchSharpPackage"), "runtimes", rid, "native", $"{prefix}LibTorchSharp{suffix}");
        bool patch = OperatingSystem.IsLinux() && LibTorchSharpPatch.IsNeeded();
        if (patch) sharp = LibTorchSharpPatch.PatchedCopy(sharp);

        // Dependencies first: the loader takes a library of the same name that is already there. TorchSharp's own look-ups by name do the same.
        foreach (string name in (string[])["c10", "torch_cpu", "torch"]) NativeLibrary.Load(Path.GetFullPath(Path.Combine(torch, prefix + name + suffix)));
        NativeLibrary.Load(Path.GetFullPath(sharp));
        return (null, patch);
    }

    private static string Package(string key) => typeof(TorchLoader).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(attribute => attribute.Key == key).Value!.TrimEnd('/', '\\');
}
