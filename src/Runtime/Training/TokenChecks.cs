using ModelDsl.Programs;

namespace ModelDsl;

/// <summary>Checks of what comes from outside, before a kernel would read out of bounds.</summary>
internal static class TokenChecks
{
    /// <summary>Every input is a token id.</summary>
    public static void Inputs(ReadOnlySpan<int> tokens, ModelPlan plan, string argument)
    {
        for (int i = 0; i < tokens.Length; i++) Input(tokens[i], i, tokens.Length, plan, argument);
    }

    /// <summary>An input is a token id.</summary>
    public static void Input(int token, int index, int count, ModelPlan plan, string argument)
    {
        if ((uint)token >= (uint)plan.Vocabulary)
            throw new ArgumentOutOfRangeException(argument, token, $"Token {index} of {count} is {token}: the vocabulary of '{plan.Name}' is 0 to {plan.Vocabulary - 1}.");
    }

    /// <summary>Every target is a token id or negative; returns how many are counted.</summary>
    public static int Targets(ReadOnlySpan<int> targets, ModelPlan plan)
    {
        int counted = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] >= plan.Vocabulary)
                throw new ArgumentOutOfRangeException(nameof(targets), targets[i], $"Target {i} of {targets.Length} is {targets[i]}: the vocabulary of '{plan.Name}' is 0 to {plan.Vocabulary - 1}, and a negative target is not counted.");
            if (targets[i] >= 0) counted++;
        }

        return counted;
    }

    /// <summary>Every row's segment starts at that row or where the row before it says.</summary>
    public static void SegmentStarts(ReadOnlySpan<int> starts, int sequence)
    {
        for (int i = 0; i < starts.Length; i++)
        {
            int position = i % sequence;
            if (starts[i] == position || (position > 0 && starts[i] == starts[i - 1])) continue;
            throw new ArgumentException(
                $"Segment start {i} of {starts.Length} is {starts[i]}: position {position} of its sequence starts a document (then it is {position}) or belongs to that of the position before"
                + (position > 0 ? $" (then it is {starts[i - 1]})." : "."), nameof(starts));
        }
    }
}
