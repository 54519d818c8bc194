using ModelDsl.Memory;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Guarded buffers with reproducible contents, and the comparison with a reference in double.</summary>
internal static unsafe class Sample
{
    /// <summary>Normal draws of deviation <paramref name="scale"/>.</summary>
    public static GuardedMemory Normal(int seed, nint count, double scale = 1)
    {
        Random random = new(seed);
        GuardedMemory memory = new(count);
        for (nint i = 0; i < count; i++)
            memory.Data[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return memory;
    }

    /// <summary>A buffer full of NaN: what a kernel fails to overwrite shows.</summary>
    public static GuardedMemory Unwritten(nint count)
    {
        GuardedMemory memory = new(count);
        memory.Span.Fill(float.NaN);
        return memory;
    }

    /// <summary>Integers below <paramref name="limit"/>, the lower ones more often.</summary>
    public static GuardedMemory Ids(int seed, int count, int limit)
    {
        Random random = new(seed);
        GuardedMemory memory = new(count);
        for (int i = 0; i < count; i++) memory.AsIds()[i] = (int)(limit * random.NextDouble() * random.NextDouble());
        return memory;
    }

    /// <summary>The same memory as integers.</summary>
    public static I32 AsIds(this GuardedMemory memory) => new((int*)memory.Data.Pointer);

    /// <summary>The bits, for exact comparison.</summary>
    public static int[] Bits(this GuardedMemory memory)
        => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(memory.Span)];

    /// <summary>Asserts |actual − expected| ≤ tolerance · scale for every element.</summary>
    public static void AssertClose(double[] expected, ReadOnlySpan<float> actual, double tolerance, double scale = 1)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]);
            Assert.True(error <= tolerance * scale, $"element {i}: expected {expected[i]:G9}, was {actual[i]:G9}");
        }
    }
}
