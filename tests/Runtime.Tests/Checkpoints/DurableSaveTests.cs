using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using ModelDsl.Files;
using ModelDsl.Memory;
using ModelDsl.SaveLoop;
using Xunit.Abstractions;

namespace ModelDsl.Runtime.Tests.Checkpoints;

public class DurableSaveTests(ITestOutputHelper output)
{
    private static readonly string Dotnet = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    [Fact]
    public void Killing_the_process_at_any_moment_leaves_the_last_version_it_told_of_or_the_next_bit_for_bit()
    {
        const int Kills = 50, Floats = 300_000;
        using TemporaryFolder folder = new();
        string path = folder["model.safetensors"], expected = Path.Combine(folder.Path, "expected", "model.safetensors");
        Directory.CreateDirectory(Path.GetDirectoryName(expected)!);
        Random random = new(7);
        HashSet<int> versions = [];
        int leftovers = 0, unannounced = 0;
        int last = 1;
        Versions.Make(last, Floats).Save(path);
        for (int kill = 0; kill < Kills; kill++)
        {
            // Versions are never repeated, so that what is left says who saved it.
            using ChildProcess process = new(Dotnet, LocateSaveLoop(), "save", path, Text(Floats), Text(last + 1), "0");
            // The first save also compiles; the second says how long one takes here and now.
            string[] before = [process.ReadLine(), process.ReadLine()];
            double duration = double.Parse(before[1].Split(' ')[^1], CultureInfo.InvariantCulture);
            Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 3 * duration));
            process.Kill();
            string[] told = [.. before, .. process.ReadToEnd()];
            Assert.Equal(Enumerable.Range(last + 1, told.Length).Select(version => $"saved {version}"), told.Select(line => line[..Math.Max(line.LastIndexOf(' '), 0)]));
            last += told.Length;

            leftovers += Directory.GetFiles(folder.Path).Length - 1;
            int left;
            using (SafetensorsFile file = SafetensorsFile.Open(path)) left = int.Parse(file.Metadata["version"], CultureInfo.InvariantCulture);
            Assert.InRange(left, last, last + 1);
            Versions.Make(left, Floats).Save(expected);
            Assert.True(File.ReadAllBytes(expected).AsSpan().SequenceEqual(File.ReadAllBytes(path)), $"version {left} is not as it was saved");
            unannounced += left - last;
            last = left;
            versions.Add(left);
        }

        output.WriteLine($"{versions.Count} different versions survived, {unannounced} of them renamed but not yet told of; {leftovers} saves were cut off");
        Assert.InRange(leftovers, 1, Kills * 2); // else nothing was killed while saving
        Assert.InRange(versions.Count, 2, Kills);

        Versions.Make(last + 1, 1).Save(path);
        Assert.Equal([path], Directory.GetFiles(folder.Path)); // the next save tidies up
    }

    [MountTheory]
    [InlineData("save")]  // the size is known beforehand
    [InlineData("write")] // it is not
    public void A_full_file_system_and_one_mounted_read_only_are_told_apart_and_keep_the_old_file(string mode)
    {
        using TemporaryFolder folder = new();
        const int Floats = 20_000, More = 10_000;
        string[] lines = InShell("""
            mount -t tmpfs -o size=1m none "$1"; touch "$1/other"
            "$2" "$3" $4 "$1/f" $5 1 $6
            ls "$1"; cp "$1/f" "$7" 2> /dev/null
            mount -t tmpfs -o ro none "$1"; "$2" "$3" $4 "$1/f" $5 1 $6
            """, ["unshare", "-rm"], Directory.CreateDirectory(folder["full"]).FullName, Dotnet, LocateSaveLoop(), mode, Text(Floats), Text(More), folder["copy"]);
        int saved = lines.Count(line => line.StartsWith("saved", StringComparison.Ordinal));
        Assert.Contains("The disk is full", lines[saved], StringComparison.Ordinal);
        Assert.Equal([.. mode == "save" ? (string[])["f"] : [], "other"], lines[(saved + 1)..^1]); // nothing half-written
        Assert.Contains("mounted read-only", lines[^1], StringComparison.Ordinal);
        if (mode == "write") return;
        Assert.InRange(saved, 2, 20);
        Versions.Make(saved, Floats + More * (saved - 1)).Save(folder["expected"]);
        Assert.Equal(File.ReadAllBytes(folder["expected"]), File.ReadAllBytes(folder["copy"]));
    }

    [MountTheory]
    [InlineData("save")]
    [InlineData("write")]
    public void A_file_system_without_room_for_another_file_is_not_said_to_lack_bytes(string mode)
    {
        using TemporaryFolder folder = new();
        string[] lines = InShell("""mount -t tmpfs -o size=9m,nr_inodes=2 none "$1"; touch "$1/other"; "$2" "$3" $4 "$1/f" 1000 1 0""", ["unshare", "-rm"], Directory.CreateDirectory(folder["full"]).FullName, Dotnet, LocateSaveLoop(), mode);
        Assert.Contains("bytes are free", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Contains("inodes", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Free_bytes_are_told_where_they_explain_a_full_disk()
    {
        using TemporaryFolder folder = new();
        Assert.StartsWith("The disk is full: ", FileSystem.DiskFull(folder.Path, long.MaxValue), StringComparison.Ordinal);
        Assert.Contains("inodes", FileSystem.DiskFull(folder.Path, 0), StringComparison.Ordinal);
        Assert.DoesNotContain("bytes", FileSystem.DiskFull("", 1), StringComparison.Ordinal); // unknown
    }

    [UnixFact]
    public void A_limit_on_the_size_of_files_is_not_called_a_full_disk()
    {
        // The signal must be ignored for the write to fail instead of ending the process; the runtime's own large mapping must not count.
        using TemporaryFolder folder = new();
        foreach (string mode in new[] { "save", "write" })
        {
            string[] lines = InShell("trap '' XFSZ; ulimit -f 500; DOTNET_EnableWriteXorExecute=0 exec \"$1\" \"$2\" $3 \"$4\" 300000 1 0", [], Dotnet, LocateSaveLoop(), mode, folder["f"]);
            string line = Assert.Single(lines);
            Assert.Contains("large", line, StringComparison.Ordinal);
            Assert.DoesNotContain("full", line, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(folder.Path));
        }
    }

    [UnprivilegedFact]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_that_may_be_written_but_not_listed_is_saved_to_and_one_that_may_not_be_written_is_named()
    {
        using TemporaryFolder folder = new();
        Versions.Make(1, 3).Save(folder["f"]);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Versions.Make(2, 3).Save(folder["f"]);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string message = Assert.Throws<UnauthorizedAccessException>(() => Versions.Make(3, 3).Save(folder["f"])).Message;
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Contains("may not be written", message, StringComparison.Ordinal);
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        Assert.Equal("2", file.Metadata["version"]);
    }

    [Fact]
    public void A_save_removes_leftovers_but_not_what_another_is_writing_and_the_last_to_finish_wins()
    {
        using TemporaryFolder folder = new();
        string path = folder["f"], own = $"f.{Environment.ProcessId:x}-";
        int ended;
        using (ChildProcess process = new(Dotnet, "--version"))
        {
            ended = process.Id;
            process.ReadToEnd();
        }

        // One of a process that has ended; of this process's number, but from before it began; too old to be in use whoever has the number.
        (string Name, TimeSpan Age)[] leftovers = [($"f.{ended:x}-1.saving", TimeSpan.Zero), (own + "a001.saving", DateTime.Now - Process.GetCurrentProcess().StartTime + TimeSpan.FromMinutes(1)), (own + "a002.saving", TimeSpan.FromDays(2))];
        // Locked or not, what a running process has just written may be in use.
        string[] others = [folder["f.ab-x.saving"], folder["f.saving"], folder[own + "a003.saving"], folder[$"g.{ended:x}-1.saving"]];
        foreach (string file in others) File.WriteAllText(file, "x");
        foreach ((string name, TimeSpan age) in leftovers)
        {
            File.WriteAllText(folder[name], "x");
            File.SetLastWriteTimeUtc(folder[name], DateTime.UtcNow - age);
        }

        using DurableFile first = new(path), second = new(path);
        Assert.All(leftovers, leftover => Assert.False(File.Exists(folder[leftover.Name]), leftover.Name));
        Assert.All(others, file => Assert.True(File.Exists(file)));
        second.Write([2], 0);
        second.Commit();
        using (DurableFile third = new(path)) third.Write([3], 0); // given up
        Assert.Equal([2], File.ReadAllBytes(path));
        first.Write([1], 0);
        first.Commit();
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal(others.Append(path).Order(StringComparer.Ordinal), Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")] // as where the file system has no locks
    public void Processes_that_save_to_one_target_do_not_disturb_each_other(string withoutLocks)
    {
        using TemporaryFolder folder = new();
        List<ChildProcess> processes = [];
        try
        {
            for (int i = 0; i < 3; i++)
            {
                ProcessStartInfo start = new(Dotnet, [LocateSaveLoop(), "save", folder["f"], "1000", Text(1 + i * 1_000_000), "0"]);
                start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = withoutLocks;
                processes.Add(new ChildProcess(start));
            }

            foreach (ChildProcess process in processes) Assert.StartsWith("saved", process.ReadLine(), StringComparison.Ordinal);
            Thread.Sleep(TimeSpan.FromSeconds(1)); // all of them save
            foreach (ChildProcess process in processes) process.Kill();
            foreach (ChildProcess process in processes)
            {
                string[] told = process.ReadToEnd();
                Assert.All(told.SkipLast(1), line => Assert.StartsWith("saved", line, StringComparison.Ordinal));
                Assert.DoesNotContain(told, line => line.StartsWith("error", StringComparison.Ordinal));
                output.WriteLine($"{told.Length + 1} saves");
            }
        }
        finally
        {
            foreach (ChildProcess process in processes) process.Dispose();
        }
    }

    [UnixFact]
    public async Task A_fifo_is_neither_read_nor_replaced_and_nobody_waits_for_its_other_end()
    {
        using TemporaryFolder folder = new();
        ChildProcess.Run("mkfifo", folder["pipe"]);
        foreach (Action action in new Action[] { () => SafetensorsFile.Open(folder["pipe"]), () => TokenFile.Open(folder["pipe"]), () => Versions.Make(1, 3).Save(folder["pipe"]) })
        {
            IOException exception = await Assert.ThrowsAsync<IOException>(() => Task.Run(action).WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Contains("is a FIFO", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public unsafe void A_disk_too_small_is_a_clear_error_and_leaves_the_old_file()
    {
        using TemporaryFolder folder = new();
        string path = folder["model.safetensors"];
        SafetensorsWriter small = new();
        small.Add("a", [1], new float[] { 5 });
        small.Save(path);
        byte[] before = File.ReadAllBytes(path);

        // More than any disk has; the space is reserved first, so the values are never read.
        float value = 0;
        SafetensorsWriter huge = new();
        huge.Add("a", [int.MaxValue, 1 << 20], new F32(&value));
        IOException exception = Assert.Throws<IOException>(() => huge.Save(path));
        Assert.Contains("disk is full", exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_save_goes_through_a_symbolic_link_and_an_open_file_keeps_its_version()
    {
        using TemporaryFolder folder = new();
        string path = folder["real.safetensors"], link = folder["latest.safetensors"];
        Save(path, 1);
        File.CreateSymbolicLink(link, path);
        using SafetensorsFile open = SafetensorsFile.Open(path);
        if (OperatingSystem.IsWindows()) open.Dispose();
        Save(link, 2);
        Assert.Equal(path, File.ResolveLinkTarget(link, true)!.FullName);
        using SafetensorsFile again = SafetensorsFile.Open(path);
        float[] value = new float[1];
        again.CopyTo("a", value);
        Assert.Equal(2, value[0]);
        if (OperatingSystem.IsWindows()) return;
        open.CopyTo("a", value);
        Assert.Equal(1, value[0]);

        static void Save(string path, float value)
        {
            SafetensorsWriter writer = new();
            writer.Add("a", [1], new[] { value });
            writer.Save(path);
        }
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void A_save_keeps_the_permissions_of_the_target_and_does_not_replace_what_is_read_only()
    {
        using TemporaryFolder folder = new();
        string path = folder["f"];
        Versions.Make(1, 3).Save(path);
        foreach (UnixFileMode mode in new[] { UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead })
        {
            File.SetUnixFileMode(path, mode);
            using (DurableFile file = new(path))
            {
                Assert.Equal([mode, mode], Directory.GetFiles(folder.Path).Select(File.GetUnixFileMode)); // the temporary file's, too, from the start
                file.Write([1], 0);
                file.Commit();
            }

            Assert.Equal(mode, File.GetUnixFileMode(path));
            Assert.Equal([1], File.ReadAllBytes(path));
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("is read-only", Assert.Throws<UnauthorizedAccessException>(() => Versions.Make(2, 3).Save(path)).Message, StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [UnixFact]
    public void Links_that_lead_in_a_circle_are_named()
    {
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder["a"], folder["b"]);
        File.CreateSymbolicLink(folder["b"], folder["a"]);
        string message = Assert.Throws<IOException>(() => Versions.Make(1, 3).Save(folder["a"])).Message;
        Assert.Contains($"Could not save '{folder["a"]}': it is a symbolic link that cannot be followed", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_and_a_target_that_is_a_folder_are_named()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        Assert.Contains("does not exist", Assert.Throws<DirectoryNotFoundException>(() => writer.Save(folder["none/model.safetensors"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a directory", Assert.Throws<IOException>(() => writer.Save(folder.Path)).Message, StringComparison.Ordinal);
    }

    // Lines a script prints; its arguments are $1, $2 ...
    private static string[] InShell(string script, string[] before, params string[] arguments)
    {
        string[] command = [.. before, "sh", "-c", script, "sh", .. arguments];
        return ChildProcess.Run(command[0], command[1..]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string LocateSaveLoop()
    {
        // Beside this project's output, at the same configuration and framework.
        string relative = Path.GetRelativePath(Path.Combine(FindUp("tests"), "Runtime.Tests"), AppContext.BaseDirectory);
        return Path.Combine(FindUp("tests"), "SaveLoop", relative, "ModelDsl.SaveLoop.dll");
    }

    private static string FindUp(string name)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (directory.Name == name) return directory.FullName;
        }

        throw new DirectoryNotFoundException($"No folder '{name}' above '{AppContext.BaseDirectory}'.");
    }
}
