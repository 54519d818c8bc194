using System.CommandLine;
using System.Globalization;
using System.Numerics;
using ModelDsl;

namespace TinyLmExample;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    /// <summary>The command; <paramref name="run"/> gets the settings and returns the exit code.</summary>
    public static RootCommand Create(Func<Settings, int> run)
    {
        Option<string?> corpus = new("--corpus") { Description = "A text file, or a folder of them. Default: the API documentation of the .NET SDK.", HelpName = "path" };
        Option<double> minutes = Number<double>("--minutes", "How long to train.", "a number above 0 and below 1000000", value => value is > 0 and < 1e6, 1);
        Option<long> steps = Number<long>("--steps", "The step to end with, instead of a time; the same steps always give the same model. 0 trains nothing.", "a whole number, 0 or more", value => value >= 0);
        Option<string> size = new("--size") { Description = "The model.", DefaultValueFactory = _ => Sizes.Default };
        size.AcceptOnlyFromAmong([.. Sizes.All.Select(model => model.Name)]);
        Option<string?> resume = new("--resume") { Description = "Continue from a checkpoint. Default, if given without a path: the one in the output folder.", HelpName = "path", Arity = ArgumentArity.ZeroOrOne };
        Option<int> seed = Number<int>("--seed", "Seed of parameters, batches and generated text.", $"a whole number, {int.MinValue} to {int.MaxValue}", _ => true, 42);
        Option<int> threads = Number<int>("--threads", "Number of threads, 0 for one a processor. Results do not depend on it.", $"a whole number, 0 to {TrainerOptions.MostThreads}", value => value is >= 0 and <= TrainerOptions.MostThreads, 0);
        Option<string> output = new("--out", "-o") { Description = "Folder for checkpoint, loss curve and tokens. Checkpoints of earlier runs there are kept under numbered names.", DefaultValueFactory = _ => Path.Combine("out", "TinyLm"), HelpName = "folder" };
        Option<string> prompt = new("--prompt") { Description = "What generated text begins with.", DefaultValueFactory = _ => "Method System." };
        Option<int> batch = Number<int>("--batch", "Sequences of a step.", "a whole number, 1 to 1024", value => value is >= 1 and <= 1024, 4);
        Option<double> learningRate = Number<double>("--learning-rate", "Peak learning rate.", "a number above 0 and below 1", value => value is > 0 and < 1, 1e-3);

        Require(corpus, value => value is null || !string.IsNullOrWhiteSpace(value), "--corpus takes the path of a text file or a folder");
        Require(resume, value => value is null || !string.IsNullOrWhiteSpace(value), "--resume takes the path of a checkpoint, or nothing for the one in the output folder");
        Require(output, value => !string.IsNullOrWhiteSpace(value), "--out takes the name of a folder");

        RootCommand command = new("Trains a small language model on text, byte by byte, and lets it write.")
        {
            corpus, minutes, steps, size, resume, seed, threads, output, prompt, batch, learningRate,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(minutes) is { Implicit: false } && result.GetResult(steps) is { Implicit: false }) result.AddError("--steps and --minutes both say when training ends: give one of them.");
        });
        command.SetAction(parsed =>
        {
            Settings settings = new()
            {
                Corpus = parsed.GetValue(corpus),
                Minutes = parsed.GetValue(minutes),
                Steps = parsed.GetResult(steps) is null ? null : parsed.GetValue(steps),
                Size = parsed.GetRequiredValue(size),
                Seed = parsed.GetValue(seed),
                Threads = parsed.GetValue(threads),
                Output = parsed.GetRequiredValue(output),
                Prompt = parsed.GetRequiredValue(prompt),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(learningRate),
                Continuation = Given(parsed, corpus, size, seed, threads, output, batch, learningRate),
            };
            if (parsed.GetResult(resume) is { Implicit: false }) settings = settings with { Resume = parsed.GetValue(resume) ?? settings.CheckpointPath };
            return run(settings);
        });
        return command;

        static void Require<T>(Option<T> option, Func<T?, bool> holds, string rule) => option.Validators.Add(result =>
        {
            if (!holds(result.GetValueOrDefault<T>())) result.AddError(rule + ".");
        });
    }

    // The options as they were given: what is left at its default need not be said again.
    private static string Given(ParseResult parsed, params Option[] options) => string.Join(' ', options
        .Select(option => (option.Name, Result: parsed.GetResult(option)))
        .Where(option => option.Result is { Implicit: false })
        .Select(option => $"{option.Name} {Quoted(option.Result!.Tokens[0].Value)}"));

    private static string Quoted(string value)
    {
        if (value.All(letter => char.IsLetterOrDigit(letter) || "-_./:+,".Contains(letter))) return value;
        return OperatingSystem.IsWindows() ? $"\"{value}\"" : $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    // Parsed here: the library's parser takes a comma for a separator of thousands, so that 1,5 would be 15.
    private static Option<T> Number<T>(string name, string description, string takes, Func<T, bool> holds, T? defaultValue = null) where T : struct, INumber<T>
    {
        bool whole = typeof(T) != typeof(double);
        NumberStyles style = whole ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        Option<T> option = new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, style, CultureInfo.InvariantCulture, out T value) && holds(value)) return value;
                result.AddError($"{name} takes {takes}{(whole ? "" : ", with a point before decimals")}, not '{text}'.");
                return default;
            },
        };
        if (defaultValue is { } given) option.DefaultValueFactory = _ => given;
        return option;
    }
}
