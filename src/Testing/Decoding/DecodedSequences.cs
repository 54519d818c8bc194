using System.Globalization;

namespace ModelDsl.Testing.Decoding;

/// <summary>Sequences with the logits of their forward pass, and the ways to decode them.</summary>
internal sealed class DecodedSequences(ModelCard card, CheckOptions options, int[] tokens, float[] forward)
{
    private readonly int length = options.SequenceOf(card);
    private readonly double floor = 1e-3 * Norm(forward) / Math.Sqrt(options.Batch * options.SequenceOf(card));

    /// <summary>The largest distance so far.</summary>
    public double Worst { get; private set; }

    /// <summary>Pieces of more than two chunks, the first one of every length up to that: each position is the end of one.</summary>
    public void PrefillPieces(Decoder decoder, Random random)
    {
        int chunk = decoder.Options.PrefillChunk, piece = (2 * chunk) + 1;
        // In one chunk every length is a piece of its own: some of them.
        int[] firsts = chunk < length ? [.. Enumerable.Range(1, Math.Min(piece, length))] : [random.Next(1, length + 1), random.Next(1, length + 1), length];
        for (int sequence = 0; sequence < decoder.Batch; sequence++)
        {
            foreach (int first in firsts)
            {
                decoder.Rewind(sequence, 0);
                for (int position = 0, next = first; position < length; position = next, next = Math.Min(position + piece, length))
                    Compare(decoder.Prefill(sequence, Tokens(sequence, position, next)), sequence, next - 1, $"Prefill of {next - position} tokens in chunks of {chunk}");
            }
        }
    }

    /// <summary>Every position by steps, each sequence some positions behind the one before; those that have ended or not begun wait.</summary>
    public void StepAtDifferentPositions(Decoder decoder)
    {
        int lag = Math.Max(1, length / (decoder.Batch + 1));
        for (int sequence = 0; sequence < decoder.Batch; sequence++) decoder.Rewind(sequence, 0);
        for (int time = 0; time < length + (lag * (decoder.Batch - 1)); time++)
            Step(decoder, sequence => time >= lag * sequence, "Step");
    }

    /// <summary>Other tokens are appended and taken back, so that what they left behind would show; then the right ones come, prefilled or stepped.</summary>
    public void RewindFromOtherTokens(Decoder decoder, Random random)
    {
        for (int round = 0; round < 8; round++)
        {
            for (int sequence = 0; sequence < decoder.Batch; sequence++)
            {
                int keep = random.Next(decoder.PositionOf(sequence) + 1), room = length - keep;
                decoder.Rewind(sequence, keep);
                if (room == 0) continue;
                decoder.Prefill(sequence, Draws.Tokens(random, random.Next(1, room + 1), card.Vocabulary));
                decoder.Rewind(sequence, keep);
                int next = random.Next(keep, length + 1);
                if (next > keep && round % 2 == 0)
                    Compare(decoder.Prefill(sequence, Tokens(sequence, keep, next)), sequence, next - 1, $"Prefill of {next - keep} tokens after Rewind to {keep}");
            }

            for (int steps = random.Next(length); steps >= 0; steps--) Step(decoder, _ => true, "Step after Rewind");
        }
    }

    private void Step(Decoder decoder, Func<int, bool> takesPart, string call)
    {
        int[] positions = [.. Enumerable.Range(0, decoder.Batch).Select(decoder.PositionOf)];
        int[] next = [.. positions.Select((position, sequence) => position < length && takesPart(sequence) ? tokens[(sequence * length) + position] : -1)];
        if (next.Max() < 0) return;
        ReadOnlySpan<float> logits = decoder.Step(next);
        for (int sequence = 0; sequence < next.Length; sequence++)
        {
            if (next[sequence] >= 0) Compare(logits.Slice(sequence * card.Vocabulary, card.Vocabulary), sequence, positions[sequence], call);
        }
    }

    private ReadOnlySpan<int> Tokens(int sequence, int from, int to) => tokens.AsSpan((sequence * length) + from, to - from);

    private void Compare(ReadOnlySpan<float> decoded, int sequence, int position, string call)
    {
        ReadOnlySpan<float> expected = forward.AsSpan(((sequence * length) + position) * card.Vocabulary, card.Vocabulary);
        double difference = 0, largest = -1;
        int token = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double distance = Math.Abs((double)decoded[i] - expected[i]);
            difference += distance * distance;
            if (distance <= largest || double.IsNaN(largest)) continue;
            (largest, token) = (distance, i);
        }

        double error = Math.Sqrt(difference) / Math.Max(Norm(expected), floor);
        if (!(error <= options.LogitTolerance))
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"Decoding '{card.Name}' does not give the logits of its forward pass: sequence {sequence} of {options.Batch}, position {position} of "
                + $"{length}, by {call}. They are {error:E1} of their norm apart, {options.LogitTolerance:E1} is allowed (CheckOptions.LogitTolerance); "
                + $"token {token} has {decoded[token]:G6}, the forward pass gives {expected[token]:G6}. A layer's cache, position or mask is wrong in "
                + $"decoding; where the distance grows slowly with depth and is near what is allowed, it is rounding (seed {options.Seed}).");
        }

        Worst = Math.Max(Worst, error);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }
}
