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
            using Process process = Start(Dotnet, [LocateSaveLoop(), "save", path, Text(Floats), Text(last + 1), "0"]);
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 100));
            process.Kill(); // SIGKILL on Unix, TerminateProcess on Windows
            string[] told = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            Assert.DoesNotContain(told, line => line.StartsWith("error", StringComparison.Ordinal));
            last += told.Length; // each is a line "saved ..."
            if (told.Length > 0) Assert.Equal($"saved {last}", told[^1].Trim());

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
        Assert.Contains("The disk is full", lines[saved + 1], StringComparison.Ordinal);
        Assert.Equal([.. mode == "save" ? (string[])["f"] : [], "other", "ready"], lines[(saved + 2)..^1]); // nothing half-written
        Assert.Contains("mounted read-only", lines[^1], StringComparison.Ordinal);
        if (mode == "write") return;
        Assert.InRange(saved, 2, 20);
        Versions.Make(saved, Floats + More * (saved - 1)).Save(folder["expected"]);
        Assert.Equal(File.ReadAllBytes(folder["expected"]), File.ReadAllBytes(folder["copy"]));
    }

    [UnixFact]
    public void A_limit_on_the_size_of_files_is_not_called_a_full_disk()
    {
        // The signal must be ignored for the write to fail instead of ending the process; the runtime's own large mapping must not count.
        using TemporaryFolder folder = new();
        foreach (string mode in new[] { "save", "write" })
        {
            string[] lines = InShell("trap '' XFSZ; ulimit -f 500; DOTNET_EnableWriteXorExecute=0 exec \"$1\" \"$2\" $3 \"$4\" 300000 1 0", [], Dotnet, LocateSaveLoop(), mode, folder["f"]);
            Assert.Equal(2, lines.Length);
            Assert.Contains("large", lines[1], StringComparison.Ordinal);
            Assert.DoesNotContain("full", lines[1], StringComparison.Ordinal);
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
        string path = folder["f"], leftover = folder["f.ab-1.saving"];
        string[] others = [folder["f.ab-x.saving"], folder["f.saving"], folder["g.ab-1.saving"]];
        foreach (string file in others.Append(leftover)) File.WriteAllText(file, "x");
        using DurableFile first = new(path), second = new(path);
        Assert.False(File.Exists(leftover));
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

    [Fact]
    public async Task Processes_that_save_to_one_target_do_not_disturb_each_other()
    {
        using TemporaryFolder folder = new();
        Process[] processes = [.. Enumerable.Range(0, 3).Select(i => Start(Dotnet, [LocateSaveLoop(), "save", folder["f"], "1000", Text(1 + i * 1_000_000), "0"]))];
        await Task.Delay(TimeSpan.FromSeconds(2));
        foreach (Process process in processes) process.Kill();
        foreach (Process process in processes)
        {
            string told = await process.StandardOutput.ReadToEndAsync();
            process.Dispose();
            Assert.DoesNotContain("error", told, StringComparison.Ordinal);
            Assert.Contains("saved", told, StringComparison.Ordinal);
            output.WriteLine($"{told.Count(character => character == '\n') - 1} saves");
        }
    }

    [UnixFact]
    public async Task A_fifo_is_neither_read_nor_replaced_and_nobody_waits_for_its_other_end()
    {
        using TemporaryFolder folder = new();
        Start("mkfifo", [folder["pipe"]]).WaitForExit();
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

    [Fact]
    public void A_folder_that_is_not_there_and_a_target_that_is_a_folder_are_named()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        Assert.Contains("does not exist", Assert.Throws<DirectoryNotFoundException>(() => writer.Save(folder["none/model.safetensors"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a directory", Assert.Throws<IOException>(() => writer.Save(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static Process Start(string program, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    // Lines a script prints; its arguments are $1, $2 ...
    private static string[] InShell(string script, string[] before, params string[] arguments)
    {
        string[] command = [.. before, "sh", "-c", script, "sh", .. arguments];
        using Process process = Start(command[0], command[1..]);
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return lines;
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
