using System.CommandLine;
using System.Runtime.InteropServices;
using ModelDsl;
using TinyLmExample;

const int Success = 0, Failure = 1, Cancelled = 130;

using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

ParseResult parsed = CommandLine.Create(Run).Parse(args);
if (parsed.Errors.Count > 0)
{
    // Each on one line: some of the parser's have several.
    foreach (string error in parsed.Errors.Select(error => string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))))
        Console.Error.WriteLine($"error: {error} See --help.");
    return Failure;
}

return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });

int Run(Settings settings)
{
    try
    {
        Sizes.Check(settings);
        return Sizes.All.First(size => size.Name == settings.Size).Run(settings, cancellation.Token) ? Success : Cancelled;
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine("Cancelled before training began: no checkpoint was written");
        return Cancelled;
    }
    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or NonFiniteException or InsufficientMemoryException)
    {
        // What a user can do something about: no file, no text, no space, another model's checkpoint, too large a learning rate.
        Console.Error.WriteLine($"error: {exception.Message}");
        return Failure;
    }
}

void Cancel(PosixSignalContext context)
{
    if (cancellation.IsCancellationRequested) return; // asked twice: end at once
    context.Cancel = true;
    cancellation.Cancel();
}
