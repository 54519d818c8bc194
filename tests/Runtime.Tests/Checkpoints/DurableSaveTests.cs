using System.Diagnostics;
using System.Globalization;
using ModelDsl.Memory;
using Xunit.Abstractions;

namespace ModelDsl.Runtime.Tests.Checkpoints;

public class DurableSaveTests(ITestOutputHelper output)
{
    [Fact]
    public void Killing_the_process_at_any_moment_of_a_save_leaves_a_whole_version()
    {
        const int Kills = 50, Floats = 300_000;
        using TemporaryFolder folder = new();
        string path = folder["model.safetensors"];
        string program = LocateSaveLoop();
        Random random = new(7);
        HashSet<string> versions = [];
        int leftovers = 0;
        float[] values = new float[Floats];
        for (int kill = 0; kill < Kills; kill++)
        {
            ProcessStartInfo start = new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [program, path, Floats.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
            using (Process process = Process.Start(start)!)
            {
                Assert.Equal("saving", process.StandardOutput.ReadLine());
                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 25));
                process.Kill(); // SIGKILL on Unix, TerminateProcess on Windows
                process.WaitForExit();
            }

            leftovers += Directory.GetFiles(folder.Path).Length - 1;
            using SafetensorsFile file = SafetensorsFile.Open(path);
            file.CopyTo("values", values);
            float version = float.Parse(file.Metadata["version"], CultureInfo.InvariantCulture);
            Assert.InRange(version, 1, float.MaxValue);
            Assert.DoesNotContain(values, value => value != version);
            versions.Add(file.Metadata["version"]);
        }

        output.WriteLine($"{versions.Count} different versions survived, {leftovers} saves were cut off");
        Assert.InRange(leftovers, 1, Kills * 2); // else nothing was killed while saving

        SafetensorsWriter writer = new();
        writer.Add("values", [Floats], values);
        writer.Save(path);
        Assert.Equal([path], Directory.GetFiles(folder.Path)); // the next save tidies up
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
