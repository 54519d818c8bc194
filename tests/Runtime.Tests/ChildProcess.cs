using System.Diagnostics;

namespace ModelDsl.Runtime.Tests;

/// <summary>A program that a test starts: no wait for it is longer than a limit, and it does not outlive the test.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process process;

    /// <summary>Starts a program.</summary>
    public ChildProcess(string program, params IEnumerable<string> arguments)
        : this(new ProcessStartInfo(program, arguments)) { }

    /// <summary>Starts a program as described; its standard output is read here.</summary>
    public ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        process = Process.Start(start)!;
    }

    /// <summary>The exit code, once everything has been read.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Its number.</summary>
    public int Id => process.Id;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>The lines it printed.</returns>
    public static string[] Run(string program, params IEnumerable<string> arguments)
    {
        using ChildProcess process = new(program, arguments);
        return process.ReadToEnd();
    }

    /// <summary>The next line it prints.</summary>
    public string ReadLine() => WaitFor(process.StandardOutput.ReadLineAsync(), "print a line") ?? throw new EndOfStreamException($"{Name} ended without printing another line.");

    /// <summary>The lines it still prints until it ends; it must end.</summary>
    public string[] ReadToEnd()
    {
        string text = WaitFor(process.StandardOutput.ReadToEndAsync(), "close its output");
        if (!process.WaitForExit(Limit)) throw TooLong("end");
        return text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Ends it at once: SIGKILL on Unix, TerminateProcess on Windows.</summary>
    public void Kill() => process.Kill();

    /// <summary>Ends it if it still runs, with what it has started.</summary>
    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private string Name => process.StartInfo.FileName;

    private T WaitFor<T>(Task<T> task, string what) => task.Wait(Limit) ? task.Result : throw TooLong(what);

    private TimeoutException TooLong(string what) => new($"{Name} did not {what} within {Limit.TotalSeconds} s.");
}
