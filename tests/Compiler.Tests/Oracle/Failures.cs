using System.Globalization;
using Xunit.Abstractions;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>Collects what is wrong with which models of a run, and the largest errors seen.</summary>
internal sealed class Failures(ITestOutputHelper output)
{
    private readonly SortedDictionary<string, (double Error, string Model)> worst = [];
    private readonly List<string> wrong = [];
    private string current = "";
    private int count, left;

    /// <summary>Checks one model; what the check returns or throws is its failure.</summary>
    public void Of(RandomModel model, Func<string?> check)
    {
        count++;
        current = model.Name;
        string? problem;
        try
        {
            problem = check();
        }
        catch (Exception exception)
        {
            problem = exception.ToString();
        }

        if (problem is not null) wrong.Add($"{model.Name}: {problem}\n{model.Source}");
    }

    /// <summary>
    /// Judges an error: beyond the tolerance it is a failure, unless rounding of what is stored alone moves the result that far (a model that squares and squares again, or norms rows of
    /// one or two columns, has such a condition); then the model is left out from there on.
    /// </summary>
    /// <param name="what">What is compared.</param>
    /// <param name="kind">Under which the largest error is kept.</param>
    /// <param name="error">The error.</param>
    /// <param name="tolerance">What it may be.</param>
    /// <param name="disturbed">The change that rounding makes.</param>
    /// <param name="problem">The failure, or null.</param>
    /// <returns>Whether the check of the model ends here.</returns>
    public bool Ends(string what, string kind, double error, double tolerance, Func<double> disturbed, out string? problem)
    {
        problem = null;
        if (error <= tolerance)
        {
            Worst(kind, error);
            return false;
        }

        double noise = disturbed();
        problem = error <= 10 * noise ? Leave() : $"{what} deviates by {error:E1}; rounding explains {noise:E1}";
        return true;
    }

    /// <summary>Leaves the current model out: see <see cref="ModelOracle.IsTame"/>.</summary>
    public string? Leave()
    {
        left++;
        return null;
    }

    /// <summary>Remembers an error if it is the largest of its kind.</summary>
    public void Worst(string kind, double error)
    {
        if (!worst.TryGetValue(kind, out (double Error, string Model) known) || !(error <= known.Error)) worst[kind] = (error, current);
    }

    /// <summary>Fails if anything was wrong; else prints the largest errors.</summary>
    public void Report()
    {
        string errors = string.Join("\n", worst.Select(entry => string.Create(CultureInfo.InvariantCulture, $"largest error, {entry.Key}: {entry.Value.Error:E1} ({entry.Value.Model})")));
        output.WriteLine($"{count} models, {left} of them left out\n{errors}");
        Assert.True(left * 8 <= count || count < 8, $"{left} of {count} models are left out: the draw has become too wild");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} models; {RandomModels.Variable} with their names repeats them.\n" + string.Join("\n", wrong.Take(3)) + "\n" + errors);
    }
}

internal static class Sequences
{
    /// <summary>Everything up to and including the first that fits.</summary>
    public static IEnumerable<T> TakeUntil<T>(this IEnumerable<T> items, Func<T, bool> fits)
    {
        foreach (T item in items)
        {
            yield return item;
            if (fits(item)) yield break;
        }
    }
}
