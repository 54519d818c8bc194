using CsCheck;
using Microsoft.ML.Tokenizers;

namespace ModelDsl.Runtime.Tests.Data;

public class TokenizerTests
{
    [Fact]
    public void Bytes_give_back_any_text() => Gen.String.Select(text => string.Concat(text.EnumerateRunes())).Sample(
        text => Assert.Equal(text, ByteTokenizer.Instance.Decode(ByteTokenizer.Instance.Encode(text))));

    [Fact]
    public void A_cut_character_is_replaced_and_an_id_outside_is_refused()
    {
        Assert.Equal("a\uFFFD", ByteTokenizer.Instance.Decode([97, 0xC3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteTokenizer.Instance.Decode([256]));
    }

    [Fact]
    public void A_tokenizer_of_the_library_works_and_a_vocabulary_too_small_is_told()
    {
        using MemoryStream vocabulary = new("""{"<unk>":0,"a":1,"b":2,"ab":3,"c":4}"""u8.ToArray());
        using MemoryStream merges = new("#version: 0.2\na b\n"u8.ToArray());
        BpeTokenizer inner = BpeTokenizer.Create(vocabulary, merges);
        TextTokenizer tokenizer = new(inner, 5);
        Assert.Equal([3, 4, 3], tokenizer.Encode("abcab"));
        Assert.Equal("abcab", tokenizer.Decode([3, 4, 3]).Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains("vocabulary of 3", Assert.Throws<InvalidOperationException>(() => new TextTokenizer(inner, 3).Encode("abc")).Message, StringComparison.Ordinal);
    }
}
