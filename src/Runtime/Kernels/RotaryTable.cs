using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>
/// The cosines and sines of rotary embeddings (Su et al., arXiv 2104.09864): position p turns pair i by p·theta^(-2i/width). A row
/// a position: width/2 cosines, then width/2 sines.
/// </summary>
public static class RotaryTable
{
    /// <summary>Floats of a table.</summary>
    /// <param name="context">Number of positions.</param>
    /// <param name="rotaryWidth">Columns of a head that rotate; even.</param>
    public static nint Floats(int context, int rotaryWidth) => (nint)context * rotaryWidth;

    /// <summary>Fills a table of <see cref="Floats"/> floats; angles are computed in double.</summary>
    /// <param name="table">The table [context, rotaryWidth].</param>
    /// <param name="context">Number of positions.</param>
    /// <param name="rotaryWidth">Columns of a head that rotate; even.</param>
    /// <param name="theta">Base of the wavelengths, 10000 in the paper.</param>
    /// <exception cref="ArgumentException">The width is odd or negative.</exception>
    public static void Fill(F32 table, int context, int rotaryWidth, double theta)
    {
        if (rotaryWidth < 0 || rotaryWidth % 2 != 0)
            throw new ArgumentException($"A rotary width must be even, was {rotaryWidth}.", nameof(rotaryWidth));

        int half = rotaryWidth / 2;
        for (int pair = 0; pair < half; pair++)
        {
            double frequency = Math.Pow(theta, -2.0 * pair / rotaryWidth);
            for (int position = 0; position < context; position++)
            {
                (double sin, double cos) = Math.SinCos(position * frequency);
                nint row = (nint)position * rotaryWidth;
                table[row + pair] = (float)cos;
                table[row + half + pair] = (float)sin;
            }
        }
    }
}
