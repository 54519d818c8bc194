using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ModelDsl;
using Spectre.Console;
using SparkLmExample;

const int Success = 0, Failure = 1, Cancelled = 130;

using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = !cancellation.IsCancellationRequested; cancellation.Cancel(); });

ParseResult parsed = CommandLine.Create(Compare).Parse(args);
if (parsed.Errors.Count == 0) return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
foreach (string error in parsed.Errors.Select(error => error.Message)) Console.Error.WriteLine($"error: {error} See --help.");
return Failure;

int Compare(Settings settings)
{
    try
    {
        using TrainingText text = TrainingText.Prepare(settings, DenseLm.Card.Context, cancellation.Token);
        long tokens = settings.Steps * settings.Batch * DenseLm.Card.Context;
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Corpus: {text.Name}, {text.Bytes:N0} bytes; each training sees {tokens:N0} of them, {Variant.All.Count} models from {settings.Seeds} seeds");
        Comparison comparison = Comparison.Train(settings, text, cancellation.Token);
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 180; // A file or pipe has no width; the table must not be squeezed there.
        AnsiConsole.Write(comparison.Table());
        foreach (string file in Plots.Save(comparison, settings.Output)) Console.WriteLine($"Written: {file}");
        return Success;
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine("Cancelled: nothing to compare yet");
        return Cancelled;
    }
    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or NonFiniteException or InsufficientMemoryException)
    {
        Console.Error.WriteLine($"error: {exception.Message}");
        return Failure;
    }
}
