using System.CommandLine;
using ModelDsl;

namespace SparkLmExample;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    /// <summary>The command; <paramref name="run"/> gets the settings and returns the exit code.</summary>
    public static RootCommand Create(Func<Settings, int> run)
    {
        Option<string?> corpus = new("--corpus") { Description = "A text file, or a folder of them. Default: the API documentation of the .NET SDK.", HelpName = "path" };
        Option<long> steps = Ranged("--steps", "Steps of each training.", 1500L, 2, 10_000_000);
        Option<int> seeds = Ranged("--seeds", "Trainings of each model.", 3, 1, 100);
        Option<int> batch = Ranged("--batch", "Sequences of a step.", 4, 1, 1024);
        Option<double> learningRate = Ranged("--learning-rate", "Peak learning rate.", 2e-3, 1e-9, 1);
        Option<int> threads = Ranged("--threads", "Number of threads, 0 for one a processor. Results do not depend on it.", 0, 0, TrainerOptions.MostThreads);
        Option<string> output = new("--out", "-o") { Description = "Folder for tokens and plots.", DefaultValueFactory = _ => Path.Combine("out", "SparkLm"), HelpName = "folder" };
        RootCommand command = new("Trains dense and sparse models of equal size on the same bytes and compares them.") { corpus, steps, seeds, batch, learningRate, threads, output };
        command.SetAction(parsed => run(new Settings
        {
            Corpus = parsed.GetValue(corpus),
            Steps = parsed.GetValue(steps),
            Seeds = parsed.GetValue(seeds),
            Batch = parsed.GetValue(batch),
            LearningRate = parsed.GetValue(learningRate),
            Threads = parsed.GetValue(threads),
            Output = parsed.GetRequiredValue(output),
        }));
        return command;
    }

    private static Option<T> Ranged<T>(string name, string description, T start, T least, T most) where T : IComparable<T>
    {
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => start };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<T>() is not { } value) return;
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0) result.AddError(FormattableString.Invariant($"{name} is {value}: it must be from {least} to {most}."));
        });
        return option;
    }
}
