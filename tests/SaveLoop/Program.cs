using System.Diagnostics;
using System.Globalization;
using ModelDsl;
using ModelDsl.SaveLoop;

// save PATH FLOATS FIRST MORE: saves version FIRST and those after it to PATH, of FLOATS floats and MORE in each further one, and tells each one saved with its milliseconds.
// write PATH: writes tokens to PATH without end.
// Both go on until they are killed or cannot save.
string path = args[1];
try
{
    if (args[0] == "write")
    {
        using TokenFileWriter tokens = new(path, 256);
        while (true) tokens.Write(new int[1000]);
    }

    int floats = Number(args[2]);
    for (int version = Number(args[3]); ; version++, floats += Number(args[4]))
    {
        SafetensorsWriter made = Versions.Make(version, floats);
        long start = Stopwatch.GetTimestamp();
        made.Save(path);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"saved {version} {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F3}"));
    }
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    Console.WriteLine($"error: {exception.Message}");
    return 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
