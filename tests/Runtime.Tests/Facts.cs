namespace ModelDsl.Runtime.Tests;

/// <summary>A test of what Unix has and Windows has not.</summary>
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "needs Unix" : null;
}

/// <summary>A test that a user's rights bound.</summary>
public sealed class UnprivilegedFactAttribute : FactAttribute
{
    public UnprivilegedFactAttribute() => Skip = OperatingSystem.IsWindows() ? "needs Unix" : Environment.IsPrivilegedProcess ? "needs a user other than root" : null;
}

/// <summary>A test on Linux that mounts file systems of its own, which needs no root where users may have namespaces.</summary>
public sealed class MountTheoryAttribute : TheoryAttribute
{
    private static readonly string? Unavailable = OperatingSystem.IsLinux() ? Probe() : "needs Linux";

    public MountTheoryAttribute() => Skip = Unavailable;

    private static string? Probe()
    {
        try
        {
            using ChildProcess process = new("sh", "-c", "exec unshare -rm mount -t tmpfs none /tmp 2>&1");
            string error = string.Join(' ', process.ReadToEnd());
            return process.ExitCode switch { 0 => null, 127 => "needs the program unshare", _ => $"this system does not let users mount: {error}" };
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "needs a shell";
        }
    }
}
