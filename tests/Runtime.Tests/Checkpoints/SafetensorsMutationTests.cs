using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using ModelDsl.Memory;
using Xunit.Abstractions;

namespace ModelDsl.Runtime.Tests.Checkpoints;

/// <summary>Damaged files either open with content that hangs together, or are refused with the one exception made for it.</summary>
public partial class SafetensorsMutationTests(ITestOutputHelper output)
{
    private const int Files = 20_000;

    private static readonly string[] Tokens = ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "\"a\"", "{}", "[]", "\\u0000", "\\ud800", "/*", "é", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"BF16\"", "1e3", "0.5"];
    private static readonly string[] Numbers = ["-1", "0", "1", "3", "4", "8", "2147483648", "4294967296", "4611686018427387904", "9223372036854775807", "9223372036854775808", "18446744073709551615", "184467440737095516150"];
    private static readonly long[] Lengths = [0, 1, 2, 7, 8, 99_999_999, 100_000_000, 100_000_001, int.MaxValue, long.MaxValue, -1, long.MinValue];

    // What is done to a file: a kind, two places (as fractions) and a choice.
    private static readonly Gen<(int Kind, double At, double To, int Choice)> Mutation = Gen.Select(Gen.Int[0, 9], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[0, 1 << 20]);
    private static readonly Gen<(int Sample, (int Kind, double At, double To, int Choice)[] Mutations)> Damage = Gen.Select(Gen.Int[0, SafetensorsBytes.ValidSamples.Count - 1], Mutation.Array[1, 4]);

    [Fact]
    public void Mutated_files_open_consistently_or_are_refused()
    {
        using TemporaryFolder folder = new();
        int opened = 0, refused = 0;
        Damage.Sample(
            damage =>
            {
                byte[] bytes = SafetensorsBytes.ValidSamples[damage.Sample];
                foreach (var mutation in damage.Mutations) bytes = Mutate(bytes, mutation.Kind, mutation.At, mutation.To, mutation.Choice);
                string path = folder[$"{Environment.CurrentManagedThreadId}.safetensors"];
                File.WriteAllBytes(path, bytes);
                try
                {
                    using SafetensorsFile file = SafetensorsFile.Open(path);
                    CheckConsistent(file, bytes);
                    Interlocked.Increment(ref opened);
                }
                catch (SafetensorsException exception)
                {
                    Assert.InRange(exception.Message.Length, 40, 2000);
                    Interlocked.Increment(ref refused);
                }
            },
            iter: Files);
        output.WriteLine($"{opened} opened, {refused} refused");
        Assert.InRange(opened, Files / 50, Files);
        Assert.InRange(refused, Files / 2, Files);
    }

    [Fact]
    public void A_small_file_cannot_make_the_reader_allocate_much()
    {
        using TemporaryFolder folder = new();
        string deep = string.Concat(Enumerable.Repeat("[", 50_000));
        string wide = $$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(",", Enumerable.Repeat("1", 30_000))}}}],"data_offsets":[0,4]}}""";
        foreach (string header in new[] { "{\"a\":" + deep, wide, "{\"" + new string('n', 60_000) + "\":1}" })
        {
            File.WriteAllBytes(folder["f"], SafetensorsBytes.From(header, 4));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(folder["f"]));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        }
    }

    private static unsafe void CheckConsistent(SafetensorsFile file, byte[] bytes)
    {
        long start = 8 + BinaryPrimitives.ReadInt64LittleEndian(bytes);
        bool[] covered = new bool[bytes.Length - start];
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            Assert.Equal(tensor.Shape.Aggregate(1L, (product, extent) => product * extent), tensor.Length);
            for (long i = 0; i < tensor.ByteLength; i++)
            {
                Assert.False(covered[tensor.Offset + i]);
                covered[tensor.Offset + i] = true;
            }

            if (tensor.Type == SafetensorsType.F32)
            {
                float[] values = new float[tensor.Length + 2];
                values[0] = values[^1] = 42;
                fixed (float* target = values) file.CopyTo(tensor.Name, new F32(target + 1), (nint)tensor.Length);
                Assert.True(values[0] == 42 && values[^1] == 42);
                for (int i = 0; i < tensor.Length; i++)
                    Assert.Equal(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan((int)(start + tensor.Offset + i * 4))), BitConverter.SingleToInt32Bits(values[i + 1]));
            }
        }

        Assert.DoesNotContain(false, covered);
    }

    private static byte[] Mutate(byte[] file, int kind, double at, double to, int choice)
    {
        if (file.Length < 9) return [.. file, (byte)choice];
        int place = (int)(at * (file.Length - 1));
        byte[] copy = [.. file];
        switch (kind)
        {
            case 0:
                copy[place] ^= (byte)(1 << (choice & 7));
                return copy;
            case 1:
                return copy[..place];
            case 2:
                return [.. copy, .. new byte[1 + choice % 9]];
            case 3:
                BinaryPrimitives.WriteInt64LittleEndian(copy, Lengths[choice % Lengths.Length]);
                return copy;
            case 4:
                BinaryPrimitives.WriteInt64LittleEndian(copy, BinaryPrimitives.ReadInt64LittleEndian(copy) + choice % 17 - 8);
                return copy;
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(file);
        if (length < 2 || length > file.Length - 8) return copy;
        byte[] data = file[(8 + (int)length)..];
        // Latin-1 keeps every byte, so that damage to UTF-8 sequences survives.
        string header = Encoding.Latin1.GetString(file, 8, (int)length);
        int from = (int)(at * header.Length), end = (int)(to * header.Length);
        if (from > end) (from, end) = (end, from);
        header = kind switch
        {
            5 => ReplaceNumber(header, choice, Numbers[choice / 64 % Numbers.Length]),
            6 => SwapNumbers(header, choice),
            7 => header.Insert(from, Tokens[choice % Tokens.Length]),
            8 => header.Remove(from, Math.Min(end - from, 1 + choice % 40)),
            _ => header.Insert(from, header[from..end]),
        };
        return SafetensorsBytes.From(Encoding.Latin1.GetBytes(header), data);
    }

    private static string ReplaceNumber(string header, int choice, string number)
    {
        MatchCollection numbers = Digits().Matches(header);
        if (numbers.Count == 0) return header;
        Match match = numbers[choice % numbers.Count];
        return string.Create(CultureInfo.InvariantCulture, $"{header[..match.Index]}{number}{header[(match.Index + match.Length)..]}");
    }

    private static string SwapNumbers(string header, int choice)
    {
        MatchCollection numbers = Digits().Matches(header);
        if (numbers.Count < 2) return header;
        string other = numbers[choice / 64 % numbers.Count].Value;
        return ReplaceNumber(header, choice, other);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
