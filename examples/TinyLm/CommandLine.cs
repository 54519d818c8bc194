using System.CommandLine;
using ModelDsl;

namespace TinyLmExample;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    /// <summary>The command; <paramref name="run"/> gets the settings and returns the exit code.</summary>
    public static RootCommand Create(Func<Settings, int> run)
    {
        Option<string?> corpus = new("--corpus") { Description = "A text file, or a folder of them. Default: the API documentation of the .NET SDK.", HelpName = "path" };
        Option<double> minutes = new("--minutes") { Description = "How long to train.", DefaultValueFactory = _ => 1 };
        Option<long?> steps = new("--steps") { Description = "The step to end with, instead of a time; the same steps always give the same model. 0 trains nothing." };
        Option<string> size = new("--size") { Description = "The model.", DefaultValueFactory = _ => "tiny" };
        size.AcceptOnlyFromAmong(Settings.Sizes);
        Option<string?> resume = new("--resume") { Description = "Continue from a checkpoint. Default, if given without a path: the one in the output folder.", HelpName = "path", Arity = ArgumentArity.ZeroOrOne };
        Option<int> seed = new("--seed") { Description = "Seed of parameters, batches and generated text.", DefaultValueFactory = _ => 42 };
        Option<int> threads = new("--threads") { Description = "Number of threads, 0 for one a processor. Results do not depend on it.", DefaultValueFactory = _ => 0 };
        Option<string> output = new("--out", "-o") { Description = "Folder for checkpoint, loss curve and tokens. Checkpoints of earlier runs there are kept under numbered names.", DefaultValueFactory = _ => Path.Combine("out", "TinyLm"), HelpName = "folder" };
        Option<string> prompt = new("--prompt") { Description = "What generated text begins with.", DefaultValueFactory = _ => "Method System." };
        Option<int> batch = new("--batch") { Description = "Sequences of a step.", DefaultValueFactory = _ => 4 };
        Option<double> learningRate = new("--learning-rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 1e-3 };

        Require(corpus, value => value is null || !string.IsNullOrWhiteSpace(value), "--corpus takes the path of a text file or a folder");
        Require(resume, value => value is null || !string.IsNullOrWhiteSpace(value), "--resume takes the path of a checkpoint, or nothing for the one in the output folder");
        Require(minutes, value => value is > 0 and < 1e6, "--minutes takes a number above 0 and below 1000000");
        Require(steps, value => value is null or >= 0, "--steps takes 0 or more");
        Require(threads, value => value is >= 0 and <= TrainerOptions.MostThreads, $"--threads takes 0 to {TrainerOptions.MostThreads}");
        Require(batch, value => value is >= 1 and <= 1024, "--batch takes 1 to 1024");
        Require(learningRate, value => value is > 0 and < 1, "--learning-rate takes a number above 0 and below 1");
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
                Steps = parsed.GetValue(steps),
                Size = parsed.GetRequiredValue(size),
                Seed = parsed.GetValue(seed),
                Threads = parsed.GetValue(threads),
                Output = parsed.GetRequiredValue(output),
                Prompt = parsed.GetRequiredValue(prompt),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(learningRate),
            };
            if (parsed.GetResult(resume) is { Implicit: false }) settings = settings with { Resume = parsed.GetValue(resume) ?? settings.CheckpointPath };
            return run(settings);
        });
        return command;

        static void Require<T>(Option<T> option, Func<T?, bool> holds, string rule) => option.Validators.Add(result =>
        {
            try
            {
                if (!holds(result.GetValueOrDefault<T>())) result.AddError(rule + ".");
            }
            catch (InvalidOperationException)
            {
                // Not a number at all: the parser says so itself.
            }
        });
    }
}
