using System.CommandLine;
using System.Runtime.InteropServices;
using ModelDsl;
using TinyLmExample;

const int Success = 0, Failure = 1, Usage = 2, Cancelled = 130;

using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

ParseResult parsed = CommandLine.Create(Run).Parse(args);
int code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? Usage : code;

int Run(Settings settings)
{
    try
    {
        bool finished = settings.Size switch
        {
            "nano" => Session<NanoLm>.Run(settings, cancellation.Token),
            "small" => Session<SmallLm>.Run(settings, cancellation.Token),
            _ => Session<TinyLm>.Run(settings, cancellation.Token),
        };
        return finished ? Success : Cancelled;
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
