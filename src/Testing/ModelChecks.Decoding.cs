using System.Globalization;
using ModelDsl.Testing;
using ModelDsl.Testing.Decoding;

namespace ModelDsl;

public static partial class ModelChecks
{
    /// <summary>
    /// Checks that a decoder gives the logits of the forward pass at every position of several sequences: prefilled in chunks of several
    /// sizes and pieces that begin anywhere, stepped while the sequences are at different positions, and rewound from other tokens.
    /// </summary>
    /// <param name="model">The model; it is left as it was.</param>
    /// <param name="options">Sizes, seed and tolerance.</param>
    /// <returns>The largest distance of logits that was seen, relative to their norm.</returns>
    /// <exception cref="ModelCheckException">
    /// Logits differ by more than <see cref="CheckOptions.LogitTolerance"/>; the message says where and by which call. Or the forward pass gives nothing to
    /// compare with.
    /// </exception>
    public static double DecodeEqualsForward<T>(T model, CheckOptions? options = null) where T : ILanguageModel<T>
    {
        ModelCard card = T.Card;
        options = (options ?? new CheckOptions()).Validated(card);
        using BorrowedParameters borrowed = new(model.Parameters, options);
        int batch = options.Batch, sequence = options.SequenceOf(card);
        Random random = Draws.Stream(options.Seed, Drawn.Inputs);
        int[] tokens = Draws.Tokens(random, batch * sequence, card.Vocabulary);
        using ModelModule module = model.CreateModule(new ModuleOptions { Batch = batch, Sequence = sequence, Threads = options.Threads });
        float[] forward = module.Forward(tokens, batch, sequence).ToArray();
        // Whatever is decoded would be as near to these.
        if (Array.Find(forward, logit => !float.IsFinite(logit)) is not 0 and float bad)
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The forward pass of '{card.Name}' gives a logit of {bad}: there is nothing to compare decoding with. Look for an overflow, or a "
                + $"division by zero, at these parameters (seed {options.Seed}).");
        }

        if (Array.TrueForAll(forward, logit => logit == 0))
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The forward pass of '{card.Name}' gives only zeros: there is nothing to compare decoding with. Take another CheckOptions.Seed, or "
                + $"parameters at which the model does something (seed {options.Seed}).");
        }

        DecodedSequences expected = new(card, options, tokens, forward);
        foreach (int chunk in (int[])[1, 3, 8, sequence])
        {
            using Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = batch, Context = sequence, PrefillChunk = chunk, Threads = options.Threads });
            expected.PrefillPieces(decoder, random);
            expected.StepAtDifferentPositions(decoder);
            expected.RewindFromOtherTokens(decoder, random);
        }

        return expected.Worst;
    }
}
