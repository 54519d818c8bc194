using System.Text;
using CsCheck;

namespace ModelDsl.Runtime.Tests.Data;

public class TokenFileTests
{
    [Theory]
    [InlineData(256, 2)]
    [InlineData(65536, 2)]
    [InlineData(65537, 4)]
    public void Tokens_come_back_from_any_place(int vocabulary, int width)
    {
        using TemporaryFolder folder = new();
        Random random = new(3);
        int[] tokens = [.. Enumerable.Range(0, 300_000).Select(_ => random.Next(vocabulary))];
        tokens[^1] = vocabulary - 1;
        using (TokenFileWriter writer = new(folder["t"], vocabulary))
        {
            for (int start = 0; start < tokens.Length;)
            {
                int count = Math.Min(random.Next(5000), tokens.Length - start);
                writer.Write(tokens.AsSpan(start, count));
                start += count;
            }

            writer.Commit();
        }

        Assert.Equal(32 + tokens.Length * width, new FileInfo(folder["t"]).Length);
        using TokenFile file = TokenFile.Open(folder["t"]);
        Assert.Equal((tokens.Length, vocabulary), (file.Count, file.Vocabulary));
        TokenSource part = file.Slice(1000, file.Count - 1000).Slice(7, file.Count - 1007);
        int[] read = new int[777];
        part.Read(12345, read);
        Assert.Equal(tokens[13352..14129], read);
        part.Read(part.Count - 777, read);
        Assert.Equal(tokens[^777..], read);
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Read(part.Count - 776, read));
    }

    [Fact]
    public void Text_streamed_in_pieces_gives_the_bytes_of_the_whole()
    {
        using TemporaryFolder folder = new();
        // Lines longer than a piece, without spaces and with characters of two units, so that cuts fall everywhere.
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[0, 4]).Sample(
            choice =>
            {
                (int length, int kind) = choice;
                string unit = new[] { "a", "😀", "é x", "line\n", "x😀" }[kind];
                string text = string.Concat(Enumerable.Repeat(unit, length / unit.Length)) + "end";
                string path = folder[$"{Environment.CurrentManagedThreadId}"];
                using TokenFile file = TokenFile.Create(path, ByteTokenizer.Instance, [new StringReader(text), new StringReader("more")]);
                int[] read = new int[file.Count];
                file.Read(0, read);
                Assert.Equal(Encoding.UTF8.GetBytes(text + "more"), read.Select(token => (byte)token));
            },
            iter: 50);
    }

    [Fact]
    public void What_was_not_committed_does_not_appear()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["t"], "old");
        using (TokenFileWriter writer = new(folder["t"], 10))
        {
            writer.Write([1, 2, 3]);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write([10]));
        }

        Assert.Equal("old", File.ReadAllText(folder["t"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Damaged_files_are_refused()
    {
        using TemporaryFolder folder = new();
        using (TokenFileWriter writer = new(folder["good"], 300))
        {
            writer.Write([1, 2, 299, 4]);
            writer.Commit();
        }

        byte[] good = File.ReadAllBytes(folder["good"]);
        for (int i = 0; i < good.Length; i++) Refused(good[..i]);
        Refused([.. good, 0]);
        for (int i = 0; i < 24; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x80;
            // A larger vocabulary is no contradiction.
            if (i is not (12 or 13)) Refused(bad);
        }

        byte[] outside = [.. good];
        outside[32 + 5] = 0x77;
        File.WriteAllBytes(folder["bad"], outside);
        using TokenFile file = TokenFile.Open(folder["bad"]);
        Assert.Contains("Token 2 is", Assert.Throws<InvalidDataException>(() => file.Read(1, new int[3])).Message, StringComparison.Ordinal);

        void Refused(byte[] bytes)
        {
            File.WriteAllBytes(folder["bad"], bytes);
            Assert.Contains(folder["bad"], Assert.Throws<InvalidDataException>(() => TokenFile.Open(folder["bad"])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_split_has_every_token_once()
    {
        TokenBuffer tokens = new(Enumerable.Range(0, 101).ToArray(), 101);
        (TokenSource training, TokenSource validation) = tokens.Split(0.1);
        Assert.Equal((90, 11), (training.Count, validation.Count));
        int[] first = new int[1];
        validation.Read(0, first);
        Assert.Equal(90, first[0]);
    }
}
